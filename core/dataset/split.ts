import { InvalidInputError } from '../base/errors.ts';
import type { Dataset, DatasetImage, DatasetSplit, SplitName } from './base.ts';
import { SeededRandom } from './seeded-random.ts';

/** Shares of train, validation and test; any scale, so 70/15/15 is as good as 0.7/0.15/0.15. */
export type SplitShares = readonly [train: number, validation: number, test: number];

const PARTS = ['train', 'validation', 'test'] as const satisfies readonly SplitName[];
const [TRAIN, VALIDATION, TEST] = [0, 1, 2] as const;

/** What is split as one: the images of one duplicate group, counted for the class that most of them have. */
interface Unit {
  readonly label: number;
  readonly images: number[];
}

/**
 * Splits a dataset class by class, at random from a seed. Duplicates stay together. Where the dataset says the
 * split of an image, that holds; a part that it does not name is taken from its training images (validation)
 * or left empty (test).
 *
 * Every class gets an image in train, then in validation, then in test, as far as it has duplicate groups for them.
 *
 * @param shares - Of train, validation and test; the test share may be 0.
 * @param seed - Any integer; the same seed gives the same split.
 * @throws InvalidInputError, naming `--split`, where shares are unusable or a part stays empty.
 */
export function splitDataset(dataset: Dataset, shares: SplitShares, seed: number): DatasetSplit {
  const wanted = normaliseShares(shares);
  const parts: [number[], number[], number[]] = [[], [], []];
  const given = new Set(dataset.images.flatMap(({ split }) => (split === null ? [] : [split])));
  const isFree = (image: DatasetImage): boolean => {
    if (given.size === 0 || image.split === null) return true;
    // A dataset without validation images trains on fewer and validates on the rest.
    return image.split === 'train' && !given.has('validation');
  };
  const free: number[] = [];
  for (const [index, image] of dataset.images.entries()) {
    if (isFree(image)) free.push(index);
    else parts[PARTS.indexOf(image.split ?? 'train')]?.push(index);
  }
  const freeShares = sharesOfFree(wanted, given);
  // What rounding owes each part so far, in images, so that the totals come out right too.
  const owed = [0, 0, 0];
  for (const [label, units] of unitsByClass(dataset, free).entries()) {
    new SeededRandom(seed, label).shuffle(units);
    for (const [part, indices] of distribute(units, freeShares, owed).entries())
      parts[part]?.push(...indices);
  }
  for (const indices of parts) indices.sort((first, second) => first - second);
  refuseEmptyParts(dataset, parts, shares, countOf(freeShares, TEST) > 0);
  return { train: parts[TRAIN], validation: parts[VALIDATION], test: parts[TEST] };
}

function normaliseShares(shares: SplitShares): SplitShares {
  const [train, validation, test] = shares;
  const areUsable =
    shares.every((share) => Number.isFinite(share) && share >= 0) && train > 0 && validation > 0;
  if (!areUsable) {
    const sentence = `--split is ${shares.join('/')}; it has to be three shares such as 70/15/15, those of train and validation above 0.`;
    throw new InvalidInputError('--split', sentence);
  }
  const sum = train + validation + test;
  return [train / sum, validation / sum, test / sum];
}

/**
 * Where the dataset names splits, its other images are for training, and for validation if it names none of those.
 * Test images are not invented then: it has them, or is meant to do without.
 */
function sharesOfFree([train, validation, test]: SplitShares, given: ReadonlySet<SplitName>): SplitShares {
  if (given.size === 0 || (given.size === 1 && given.has('train'))) return [train, validation, test];
  return given.has('validation')
    ? [1, 0, 0]
    : [train / (train + validation), validation / (train + validation), 0];
}

function unitsByClass(dataset: Dataset, free: readonly number[]): Unit[][] {
  const groups = new Map<number, number[]>();
  for (const index of free) {
    const group = dataset.images[index]?.duplicateGroup ?? 0;
    const members = groups.get(group);
    if (members) members.push(index);
    else groups.set(group, [index]);
  }
  const byClass = dataset.classes.map((): Unit[] => []);
  for (const images of groups.values()) {
    const unit = { label: commonLabel(dataset, images), images };
    byClass[unit.label]?.push(unit);
  }
  return byClass;
}

/** The most frequent label, the lowest of equals. */
function commonLabel(dataset: Dataset, images: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const index of images) {
    const label = dataset.images[index]?.label ?? 0;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const [best] = [...counts].sort((first, second) => second[1] - first[1] || first[0] - second[0]);
  return best?.[0] ?? 0;
}

/**
 * Gives each unit, large ones first, to the part that lacks the most images; when only as many units are left
 * as there are empty parts, they go there.
 */
function distribute(
  units: readonly Unit[],
  shares: SplitShares,
  owed: number[],
): [number[], number[], number[]] {
  const parts: [number[], number[], number[]] = [[], [], []];
  const total = units.reduce((sum, unit) => sum + unit.images.length, 0);
  const lacking = targetCounts(total, units.length, shares, owed);
  const wantedParts = [TRAIN, VALIDATION, TEST].filter((part) => countOf(lacking, part) > 0);
  const bySize = units.toSorted((first, second) => second.images.length - first.images.length);
  for (const [index, unit] of bySize.entries()) {
    const empty = wantedParts.filter((part) => parts[part]?.length === 0);
    const unitsLeft = bySize.length - index;
    const candidates = unitsLeft <= empty.length ? empty.slice(0, 1) : wantedParts;
    const part = candidates.reduce((best, next) =>
      countOf(lacking, next) > countOf(lacking, best) ? next : best,
    );
    parts[part]?.push(...unit.images);
    lacking[part] = countOf(lacking, part) - unit.images.length;
  }
  return parts;
}

function countOf(counts: readonly number[], part: number): number {
  return counts[part] ?? 0;
}

/**
 * Whole numbers of images that add up to `total`, by largest remainder; at least 1 each where there are units.
 *
 * @param owed - What rounding owes each part from earlier classes; brought up to date.
 */
function targetCounts(total: number, unitCount: number, shares: SplitShares, owed: number[]): number[] {
  const exact = shares.map((share) => share * total);
  const counts = exact.map(Math.floor);
  const remainders = exact.map((count, part) => ({
    part,
    remainder: count - Math.floor(count) + countOf(owed, part),
  }));
  remainders.sort((first, second) => second.remainder - first.remainder || first.part - second.part);
  const missing = total - counts.reduce((sum, count) => sum + count, 0);
  for (const { part } of remainders.slice(0, missing)) counts[part] = countOf(counts, part) + 1;
  for (const [part, count] of exact.entries()) {
    owed[part] = countOf(owed, part) + count - countOf(counts, part);
  }
  for (const part of PARTS.keys()) {
    if (unitCount <= part || countOf(shares, part) === 0 || countOf(counts, part) > 0) continue;
    const largest = counts.lastIndexOf(Math.max(...counts));
    counts[largest] = countOf(counts, largest) - 1;
    counts[part] = 1;
  }
  return counts;
}

function refuseEmptyParts(
  dataset: Dataset,
  parts: ReadonlyArray<readonly number[]>,
  shares: SplitShares,
  needsTest: boolean,
): void {
  const needed = PARTS.filter((name) => name !== 'test' || needsTest);
  const empty = needed.filter((name) => parts[PARTS.indexOf(name)]?.length === 0);
  if (empty.length === 0) return;
  const imageCount = dataset.images.length;
  const groupCount = new Set(dataset.images.map(({ duplicateGroup }) => duplicateGroup)).size;
  const total = shares[0] + shares[1] + shares[2];
  const percents = shares.map((share) => Number(((share / total) * 100).toPrecision(6))).join('/');
  const sentence = `--split ${percents} leaves no image for ${empty.join(' and ')}: FOLDER ${dataset.folder} has ${imageCount} images, ${groupCount} of them different, and needs at least ${needed.length} different ones in a class.`;
  throw new InvalidInputError('--split', sentence);
}
