import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import type { Dataset, DatasetSplit, SplitName } from './base.ts';
import { describeDataset } from './dataset.fixture.ts';
import { SeededRandom } from './seeded-random.ts';
import { splitDataset } from './split.ts';

const SHARES = [70, 15, 15] as const;
const PARTS = ['train', 'validation', 'test'] as const;

function plainDataset(counts: readonly number[]): Dataset {
  return describeDataset(counts.flatMap((count, label) => Array.from({ length: count }, () => ({ label }))));
}

function partOf(split: DatasetSplit): Map<number, SplitName> {
  return new Map(PARTS.flatMap((part) => split[part].map((index) => [index, part] as const)));
}

function countsOf(dataset: Dataset, split: DatasetSplit, label: number): number[] {
  return PARTS.map((part) => split[part].filter((index) => dataset.images[index]?.label === label).length);
}

/** Classes and duplicate groups of many sizes. */
function randomDataset(random: SeededRandom): Dataset {
  const images: Array<{ label: number; duplicateGroup: number }> = [];
  const classCount = 2 + random.integer(5);
  for (let label = 0, group = 0; label < classCount; label++) {
    const groupCount = 3 + random.integer(60);
    for (let member = 0; member < groupCount; member++, group++) {
      const size = random.chance(0.8) ? 1 : 1 + random.integer(6);
      for (let copy = 0; copy < size; copy++) images.push({ label, duplicateGroup: group });
    }
  }
  return describeDataset(random.shuffle(images));
}

test('random datasets: disjoint, complete, sorted, stratified within one group, groups together', () => {
  const random = new SeededRandom(2024);
  for (let round = 0; round < 200; round++) {
    const dataset = randomDataset(random);
    const split = splitDataset(dataset, SHARES, round);
    const all = PARTS.flatMap((part) => split[part]);
    expect(all.toSorted((a, b) => a - b)).toEqual([...dataset.images.keys()]);
    for (const part of PARTS) expect(split[part]).toEqual(split[part].toSorted((a, b) => a - b));
    const parts = partOf(split);
    const groupParts = new Set(dataset.images.map((image, at) => `${image.duplicateGroup} ${parts.get(at)}`));
    expect(groupParts.size).toBe(new Set(dataset.images.map((image) => image.duplicateGroup)).size);
    for (const label of dataset.classes.keys()) {
      const members = dataset.images.filter((image) => image.label === label);
      const sizes = Object.values(Object.groupBy(members, (image) => image.duplicateGroup));
      const largest = Math.max(...sizes.map((group) => group?.length ?? 0));
      for (const [part, count] of countsOf(dataset, split, label).entries()) {
        expect(count).toBeGreaterThanOrEqual(1);
        expect(Math.abs(count - (members.length * (SHARES[part] ?? 0)) / 100)).toBeLessThanOrEqual(
          largest + 1,
        );
      }
    }
  }
});

test('counts without duplicates are exact to one image', () => {
  const dataset = plainDataset([100, 40, 7]);
  const split = splitDataset(dataset, SHARES, 1);
  expect([0, 1, 2].map((label) => countsOf(dataset, split, label))).toEqual([
    [70, 15, 15],
    [28, 6, 6],
    [5, 1, 1],
  ]);
});

test('rounding of many classes adds up to the shares', () => {
  const split = splitDataset(plainDataset(Array.from({ length: 8 }, () => 150)), SHARES, 0);
  expect(PARTS.map((part) => split[part].length)).toEqual([840, 180, 180]);
});

test('a seed decides, and scale of the shares does not', () => {
  const dataset = plainDataset([60, 60]);
  const split = splitDataset(dataset, SHARES, 5);
  expect(splitDataset(dataset, SHARES, 5)).toEqual(split);
  expect(splitDataset(dataset, [0.7, 0.15, 0.15], 5)).toEqual(split);
  expect(splitDataset(dataset, SHARES, 6)).not.toEqual(split);
  expect(splitDataset(dataset, SHARES, 2 ** 31 + 5)).not.toEqual(split);
});

test('every image lands in every part for some seed, with about the right chance', () => {
  const dataset = plainDataset([20, 20]);
  const inTrain = Array.from({ length: 40 }, () => 0);
  for (let seed = 0; seed < 300; seed++) {
    for (const index of splitDataset(dataset, SHARES, seed).train) inTrain[index] = (inTrain[index] ?? 0) + 1;
  }
  for (const count of inTrain) expect(Math.abs(count / 300 - 0.7)).toBeLessThan(0.13);
});

describe('small classes', () => {
  test.each([
    [1, [1, 0, 0]],
    [2, [1, 1, 0]],
    [3, [1, 1, 1]],
    [4, [2, 1, 1]],
  ])('a class of %i images', (count, expected) => {
    const dataset = plainDataset([30, count]);
    expect(countsOf(dataset, splitDataset(dataset, SHARES, 3), 1)).toEqual(expected);
  });

  test('two large groups reach train and validation', () => {
    const images = Array.from({ length: 40 }, (_, at) => ({
      label: at < 30 ? 0 : 1,
      duplicateGroup: at < 30 ? at : 30 + (at % 2),
    }));
    const dataset = describeDataset(images);
    expect(countsOf(dataset, splitDataset(dataset, SHARES, 3), 1)).toEqual([5, 5, 0]);
  });
});

test('the test share may be 0', () => {
  const dataset = plainDataset([10, 10]);
  const split = splitDataset(dataset, [80, 20, 0], 1);
  expect(split.test).toEqual([]);
  expect([split.train.length, split.validation.length]).toEqual([16, 4]);
});

test('a duplicate group with several labels counts for the most frequent', () => {
  const images = [0, 0, 1, ...Array.from({ length: 20 }, (_, at) => at % 2)];
  const dataset = describeDataset(images.map((label, at) => ({ label, duplicateGroup: at < 3 ? 0 : at })));
  const parts = partOf(splitDataset(dataset, SHARES, 1));
  expect(new Set([0, 1, 2].map((index) => parts.get(index))).size).toBe(1);
});

function givenDataset(splits: ReadonlyArray<SplitName | null>): Dataset {
  return describeDataset(splits.flatMap((split) => [0, 1].map((label) => ({ label, split }))));
}

function many(split: SplitName | null, count: number): Array<SplitName | null> {
  return Array.from({ length: count }, () => split);
}

function refusalOf(dataset: Dataset): unknown {
  try {
    return splitDataset(dataset, SHARES, 1);
  } catch (error) {
    return error;
  }
}

describe('given splits', () => {
  test('hold as they are, even for duplicates across them', () => {
    const dataset = givenDataset(['train', 'validation', 'test', 'train']);
    const images = dataset.images.map((image) => ({ ...image, duplicateGroup: 0 }));
    const split = splitDataset({ ...dataset, images }, [1, 1, 0], 9);
    expect(split).toEqual({ train: [0, 1, 6, 7], validation: [2, 3], test: [4, 5] });
  });

  test('without validation images some training images are taken', () => {
    const dataset = givenDataset([...many('train', 20), ...many('test', 4)]);
    const split = splitDataset(dataset, SHARES, 1);
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([33, 7, 8]);
    for (const index of split.test) expect(dataset.images[index]?.split).toBe('test');
  });

  test('without test images the test part stays empty; train alone is split as if nothing were given', () => {
    const both = splitDataset(givenDataset([...many('train', 8), ...many('validation', 2)]), SHARES, 1);
    expect([both.train.length, both.validation.length, both.test.length]).toEqual([16, 4, 0]);
    const alone = splitDataset(givenDataset(many('train', 20)), SHARES, 1);
    expect([alone.train.length, alone.validation.length, alone.test.length]).toEqual([28, 6, 6]);
  });

  test('images without a split are for training where validation images are named', () => {
    const split = splitDataset(givenDataset([...many('validation', 3), ...many(null, 5)]), SHARES, 1);
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([10, 6, 0]);
  });
});

describe('refusals name --split and what is needed', () => {
  test.each([
    [[0, 50, 50]],
    [[70, 0, 30]],
    [[70, 40, -10]],
    [[Number.NaN, 1, 1]],
    [[Number.POSITIVE_INFINITY, 1, 1]],
  ] as const)('shares %o', (shares) => {
    expect(() => splitDataset(plainDataset([9, 9]), shares, 1)).toThrow(
      /--split is .* it has to be three shares/,
    );
  });

  test('fewer different images than the split needs', () => {
    const error = refusalOf(plainDataset([2, 2]));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({
      field: '--split',
      message:
        '--split 70/15/15 leaves no image for test: FOLDER /nowhere has 4 images, 4 of them different, and needs at least 3 different ones in a class.',
    });
    expect(() => splitDataset(plainDataset([2, 2]), [0.7, 0.15, 0.15], 1)).toThrow('--split 70/15/15 leaves');
    const copies = describeDataset(
      Array.from({ length: 8 }, (_, at) => ({ label: at % 2, duplicateGroup: at % 2 })),
    );
    expect(refusalOf(copies)).toMatchObject({
      message: expect.stringContaining('leaves no image for validation and test') as string,
    });
  });
});
