import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatasetImage } from './base.ts';
import { hammingDistance32, isTellingHash } from './perceptual-hash.ts';

/**
 * Near duplicates differ in at most this many of 64 bits: few, so that different sprites in like scenes stay apart;
 * of 12 samples of 1,200 sprites, one has a pair so near.
 */
export const NEAR_DISTANCE = 2;
/** Copies keep their shape: the larger of two ratios of width to height may be this much larger. */
const MAX_ASPECT_CHANGE = 1.05;
const IMAGES_A_TURN = 5_000;

/** What duplicates are found by. */
export type ComparableImage = Pick<DatasetImage, 'contentHash' | 'perceptualHash' | 'width' | 'height'>;

/**
 * Finds exact duplicates (same content) and near ones (hashes within {@link NEAR_DISTANCE} bits, same shape),
 * such as a picture that was resized or encoded again.
 *
 * Near duplication is followed from picture to picture: if a is near b and b near c, all are one group.
 *
 * @returns One group number an image; groups are numbered from 0 in the order of their first image.
 */
export async function groupDuplicates(images: readonly ComparableImage[]): Promise<Int32Array> {
  const groups = new DisjointSets(images.length);
  const firstOfContent = new Map<string, number>();
  for (const [index, { contentHash }] of images.entries()) {
    const first = firstOfContent.get(contentHash);
    if (first === undefined) firstOfContent.set(contentHash, index);
    else groups.join(first, index);
  }
  await joinNearDuplicates(images, [...firstOfContent.values()], groups);
  return groups.numbers();
}

/**
 * Two hashes within d bits of each other agree wholly in all but d of b bands (Norouzi, Punjani and Fleet, "Fast
 * search in Hamming space with multi-index hashing", 2012). So images are put into buckets by every choice of b - d
 * bands, here 6 choices of 2 of 4 bands of 16 bits, and only those of one bucket are compared: near linear in the
 * number of images.
 */
async function joinNearDuplicates(
  images: readonly ComparableImage[],
  candidates: readonly number[],
  groups: DisjointSets,
): Promise<void> {
  const hashes = candidates.map((index) => splitHash((images[index] as ComparableImage).perceptualHash));
  const telling = joinEqualHashes(images, candidates, hashes, groups);
  for (const [first, second] of BAND_CHOICES) {
    const buckets = new Map<number, number>();
    const nextInBucket = new Int32Array(candidates.length).fill(-1);
    for (const [turn, at] of telling.entries()) {
      if (turn % IMAGES_A_TURN === 0) await nextTurn();
      const hash = hashes[at] as SplitHash;
      const key = (hash.bands[first] as number) * 2 ** 16 + (hash.bands[second] as number);
      const head = buckets.get(key) ?? -1;
      for (let other = head; other >= 0; other = nextInBucket[other] as number) {
        if (bitDistance(hash, hashes[other] as SplitHash) > NEAR_DISTANCE) continue;
        const index = candidates[at] as number;
        const otherIndex = candidates[other] as number;
        if (haveSameShape(images[index], images[otherIndex])) groups.join(otherIndex, index);
      }
      nextInBucket[at] = head;
      buckets.set(key, at);
    }
  }
}

/** A hash as two words and as four bands. */
interface SplitHash {
  readonly high: number;
  readonly low: number;
  readonly bands: readonly number[];
}

/** Every choice of two of the four bands. */
const BAND_CHOICES = [
  [0, 1],
  [0, 2],
  [0, 3],
  [1, 2],
  [1, 3],
  [2, 3],
] as const;

function splitHash(perceptualHash: string): SplitHash {
  const high = Number.parseInt(perceptualHash.slice(0, 8), 16);
  const low = Number.parseInt(perceptualHash.slice(8), 16);
  return { high, low, bands: [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff] };
}

/**
 * Joins pictures of equal hash and size, so that many copies cost no more than one.
 *
 * @returns Positions in `candidates` of one picture of each, of those whose hash says enough.
 */
function joinEqualHashes(
  images: readonly ComparableImage[],
  candidates: readonly number[],
  hashes: readonly SplitHash[],
  groups: DisjointSets,
): number[] {
  const firstOfHash = new Map<string, number>();
  const telling: number[] = [];
  for (const [at, index] of candidates.entries()) {
    const { high, low } = hashes[at] as SplitHash;
    if (!isTellingHash(high, low)) continue;
    const { perceptualHash, width, height } = images[index] as ComparableImage;
    const key = `${perceptualHash} ${width}x${height}`;
    const first = firstOfHash.get(key);
    if (first === undefined) {
      firstOfHash.set(key, index);
      telling.push(at);
    } else {
      groups.join(first, index);
    }
  }
  return telling;
}

function bitDistance(first: SplitHash, second: SplitHash): number {
  return hammingDistance32(first.high, second.high) + hammingDistance32(first.low, second.low);
}

function haveSameShape(first: ComparableImage | undefined, second: ComparableImage | undefined): boolean {
  if (!first || !second) return false;
  const change = (first.width * second.height) / (first.height * second.width);
  return Math.max(change, 1 / change) <= MAX_ASPECT_CHANGE;
}

/** Union-find with path halving; the smallest member stands for its set. */
class DisjointSets {
  private readonly parents: Int32Array;

  constructor(size: number) {
    this.parents = Int32Array.from({ length: size }, (_, index) => index);
  }

  join(first: number, second: number): void {
    const firstRoot = this.find(first);
    const secondRoot = this.find(second);
    this.parents[Math.max(firstRoot, secondRoot)] = Math.min(firstRoot, secondRoot);
  }

  /** The number of each member's set, counted from 0 in the order of first members. */
  numbers(): Int32Array {
    const numbers = new Int32Array(this.parents.length);
    let next = 0;
    for (const index of numbers.keys()) {
      const root = this.find(index);
      numbers[index] = root === index ? next++ : (numbers[root] as number);
    }
    return numbers;
  }

  private find(member: number): number {
    const { parents } = this;
    let at = member;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at] as number] as number;
      at = parents[at] as number;
    }
    return at;
  }
}
