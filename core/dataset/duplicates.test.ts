import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type ComparableImage, groupDuplicates, NEAR_DISTANCE } from './duplicates.ts';
import { drawBlobs } from './dataset.fixture.ts';
import { examineImage } from './image-reader.ts';
import { differenceHash } from './perceptual-hash.ts';
import { SeededRandom } from './seeded-random.ts';

const HASH = '0f1e2d3c4b5a6978';

function image(contentHash: string, perceptualHash: string, width = 8, height = 8): ComparableImage {
  return { contentHash, perceptualHash, width, height };
}

function flipBits(hash: string, bits: readonly number[]): string {
  const flipped = bits.reduce((word, bit) => word ^ (1n << BigInt(bit)), BigInt(`0x${hash}`));
  return flipped.toString(16).padStart(16, '0');
}

function popcount(word: bigint): number {
  return word.toString(2).replaceAll('0', '').length;
}

async function groupsOf(images: readonly ComparableImage[]): Promise<number[]> {
  return [...(await groupDuplicates(images))];
}

test('the difference hash has a bit for each cell that is brighter than its right neighbour', () => {
  const falling = Uint8Array.from({ length: 9 * 8 }, (_, at) => 200 - 20 * (at % 9));
  expect(differenceHash(falling, 9, 8, 1)).toBe('f'.repeat(16));
  expect(differenceHash(falling.toReversed(), 9, 8, 1)).toBe('0'.repeat(16));
  const oneStep = new Uint8Array(9 * 8).fill(100);
  oneStep[9 + 3] = 90;
  expect(differenceHash(oneStep, 9, 8, 1)).toBe('0020000000000000');
  const colour = Uint8Array.from({ length: 9 * 8 * 4 }, (_, at) =>
    at % 4 === 3 ? 255 : 200 - 20 * (Math.floor(at / 4) % 9),
  );
  expect(differenceHash(colour, 9, 8, 4)).toBe('f'.repeat(16));
});

test('equal contents are one group, whatever they look like; groups are numbered by their first image', async () => {
  const plain = '0'.repeat(16);
  const images = [
    image('a', plain),
    image('b', HASH),
    image('a', plain),
    image('c', plain),
    image('b', HASH),
  ];
  expect(await groupsOf(images)).toEqual([0, 1, 0, 2, 1]);
});

test('every hash within the distance is found, wherever the bits lie, and none beyond', async () => {
  const random = new SeededRandom(1);
  const bits = Array.from({ length: 64 }, (_, bit) => bit);
  for (let round = 0; round < 300; round++) {
    const order = random.shuffle([...bits]);
    const near = image('near', flipBits(HASH, order.slice(0, NEAR_DISTANCE)));
    const far = image('far', flipBits(HASH, order.slice(0, NEAR_DISTANCE + 1)));
    expect(await groupsOf([image('first', HASH), near])).toEqual([0, 0]);
    expect(await groupsOf([image('first', HASH), far])).toEqual([0, 1]);
  }
});

test('nearness is followed from picture to picture', async () => {
  const chain = [0, 1, 2].map((step) =>
    flipBits(
      HASH,
      Array.from({ length: NEAR_DISTANCE * step }, (_, bit) => bit),
    ),
  );
  expect(await groupsOf(chain.map((hash, at) => image(String(at), hash)))).toEqual([0, 0, 0]);
});

test('plain pictures and pictures of another shape are not merged', async () => {
  const plain = ['0'.repeat(16), '1000000000000001', 'f'.repeat(16)];
  const images = [...plain, ...plain].map((hash, at) => image(String(at), hash));
  expect(await groupsOf(images)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await groupsOf([image('a', HASH, 80, 40), image('b', HASH, 40, 40)])).toEqual([0, 1]);
  expect(await groupsOf([image('a', HASH, 80, 40), image('b', HASH, 160, 80)])).toEqual([0, 0]);
});

test('agrees with comparing every pair', async () => {
  const random = new SeededRandom(7);
  const images = Array.from({ length: 120 }, (_, at) => {
    const flips = Array.from({ length: random.integer(5) }, () => random.integer(64));
    const family = (BigInt(HASH.length + (at % 16)) * 0x9e3779b97f4a7c15n) % 2n ** 64n;
    return image(String(at), flipBits(family.toString(16).padStart(16, '0'), flips));
  });
  const found = await groupsOf(images);
  const expected = images.map((_, at) => at);
  const word = (index: number): bigint => BigInt(`0x${images[index]?.perceptualHash}`);
  const telling = images.map((_, at) => popcount(word(at)) >= 8 && popcount(word(at)) <= 56);
  for (let pass = 0; pass < 6; pass++) {
    for (const first of images.keys()) {
      for (const second of images.keys()) {
        const isNear =
          telling[first] && telling[second] && popcount(word(first) ^ word(second)) <= NEAR_DISTANCE;
        if (isNear) expected[second] = Math.min(expected[first] ?? 0, expected[second] ?? 0);
      }
    }
  }
  const order = [...new Set(expected)];
  expect(found).toEqual(expected.map((root) => order.indexOf(root)));
  expect(new Set(found).size).toBeLessThan(80);
});

test('copies that were encoded again or resized are found; different pictures are not', async () => {
  const images: ComparableImage[] = [];
  for (let seed = 0; seed < 30; seed++) {
    const png = await drawBlobs(seed, 120, 90).png().toBuffer();
    const copies = [
      png,
      await sharp(png).jpeg({ quality: 75 }).toBuffer(),
      await sharp(png).resize(240, 180).webp({ quality: 80 }).toBuffer(),
      await sharp(png).resize(60, 45).png().toBuffer(),
    ];
    for (const [at, bytes] of copies.entries()) {
      images.push({ ...(await examineImage(bytes)), contentHash: `${seed}-${at}` });
    }
  }
  expect(await groupsOf(images)).toEqual(images.map((_, at) => Math.floor(at / 4)));
});
