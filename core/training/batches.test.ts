import { describe, expect, test } from 'vitest';
import { BatchReader, batchBounds, type DecodedImages, epochOrder, evaluationBatchSize } from './batches.ts';
import { randomStream } from './random-streams.ts';

describe('batchBounds', () => {
  test.each([
    [10, 4, false, [0, 4, 8, 10]],
    [8, 4, false, [0, 4, 8]],
    [9, 4, false, [0, 4, 8, 9]],
    // Batch norm cannot learn from one image.
    [9, 4, true, [0, 4, 8]],
    [10, 4, true, [0, 4, 8, 10]],
    [3, 128, true, [0, 3]],
    [3, 1, true, [0, 1, 2, 3]],
    [1, 4, true, [0, 1]],
  ] as const)('%s images in batches of %s (avoids singles: %s)', (count, size, avoidsSingles, bounds) => {
    expect(batchBounds(count, size, avoidsSingles)).toEqual(bounds);
  });
});

describe('epochOrder', () => {
  const images = Array.from({ length: 50 }, (_, index) => 3 * index);

  test('holds every image once, in an order of its own each epoch and seed', () => {
    const order = epochOrder(images, 7, 0);
    expect([...order].sort((a, b) => a - b)).toEqual(images);
    expect(epochOrder(images, 7, 0)).toEqual(order);
    expect(epochOrder(images, 7, 1)).not.toEqual(order);
    expect(epochOrder(images, 8, 0)).not.toEqual(order);
  });
});

describe('randomStream', () => {
  test('differs by seed, purpose and place', () => {
    const first = [
      randomStream(1, 'order', 0),
      randomStream(2, 'order', 0),
      randomStream(1, 'dropout', 0),
      randomStream(1, 'order', 1),
      randomStream(1, 'order', 0, 0),
    ].map((stream) => stream.random());
    expect(new Set(first).size).toBe(first.length);
    expect(randomStream(1, 'order', 0).random()).toBe(first[0]);
  });
});

describe('BatchReader', () => {
  const source: DecodedImages = {
    classes: ['cat', 'dog'],
    labels: [0, 1, 0, 1],
    split: { train: [0, 1, 2, 3], validation: [], test: [] },
    height: 2,
    width: 3,
    readImages: (indices, out) => {
      for (let at = 0; at < indices.length; at++) {
        for (let value = 0; value < 18; value++) out[at * 18 + value] = (indices[at] ?? 0) * 50 + value;
      }
    },
    close: () => undefined,
  };

  test('reads images and their labels in the order asked for, batches of any size', () => {
    const reader = new BatchReader(source);
    const batch = reader.read(Int32Array.of(3, 0));
    expect([...batch.labels]).toEqual([1, 0]);
    expect(batch.images).toHaveLength(36);
    expect(batch.images[0]).toBeCloseTo((150 / 255 - 0.485) / 0.229, 5);
    expect(batch.images[18]).toBeCloseTo(-0.485 / 0.229, 5);
    expect(reader.read(Int32Array.of(1)).images).toHaveLength(18);
  });

  test('augments alike in the same place, otherwise elsewhere', () => {
    const options = { flip: 'both', shift: 0.5, crop: 0.5 } as const;
    const reader = new BatchReader(source);
    const indices = Int32Array.of(0, 1, 2, 3);
    const at = (epoch: number, step: number) => [
      ...reader.readAugmented(indices, options, 5, epoch, step).images,
    ];
    expect(at(0, 0)).toEqual(at(0, 0));
    expect(at(0, 1)).not.toEqual(at(0, 0));
    expect(at(1, 0)).not.toEqual(at(0, 0));
  });
});

test('evaluation batches hold fewer images the larger these are', () => {
  expect(evaluationBatchSize(64, 64)).toBe(64);
  expect(evaluationBatchSize(224, 224)).toBe(5);
  expect(evaluationBatchSize(1024, 1024)).toBe(1);
});
