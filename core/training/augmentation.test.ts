import { describe, expect, test } from 'vitest';
import {
  type AugmentationOptions,
  type AxisTransform,
  drawTransform,
  type ImageTransform,
  identityTransform,
  writeImage,
} from './augmentation.ts';
import { NORMALIZATION } from './normalization.ts';
import { randomStream } from './random-streams.ts';

const HEIGHT = 3;
const WIDTH = 4;
/** Red counts the columns by ten, green the rows, blue is 7. */
const PIXELS = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, index) => {
  const pixel = Math.floor(index / 3);
  return [10 * (pixel % WIDTH), Math.floor(pixel / WIDTH), 7][index % 3] ?? 0;
});

/** Values 0…255 of one colour after the transform, one row a list. */
function transformed(
  changes: { rows?: Partial<AxisTransform>; columns?: Partial<AxisTransform> },
  colour: number,
) {
  const identity = identityTransform(HEIGHT, WIDTH);
  const transform = {
    rows: { ...identity.rows, ...changes.rows },
    columns: { ...identity.columns, ...changes.columns },
  };
  // The second image of two, so that offsets count.
  const two = new Uint8Array(2 * PIXELS.length);
  two.set(PIXELS, PIXELS.length);
  const out = new Float32Array(two.length);
  writeImage(two, 1, HEIGHT, WIDTH, transform, out);
  expect(out.subarray(0, PIXELS.length).every((value) => value === 0)).toBe(true);
  return Array.from({ length: HEIGHT }, (_, y) =>
    Array.from({ length: WIDTH }, (__, x) => {
      const value = out[PIXELS.length + (y * WIDTH + x) * 3 + colour] ?? Number.NaN;
      return (
        Math.round(
          ((value - (NORMALIZATION.offset[colour] ?? 0)) / (NORMALIZATION.scale[colour] ?? 1)) * 100,
        ) /
          100 +
        0
      );
    }),
  );
}

describe('writeImage', () => {
  test('normalises as torchvision: (value / 255 - mean) / deviation', () => {
    const out = new Float32Array(3);
    writeImage(Uint8Array.of(255, 0, 128), 0, 1, 1, identityTransform(1, 1), out);
    expect(out[0]).toBeCloseTo((1 - 0.485) / 0.229, 5);
    expect(out[1]).toBeCloseTo(-0.456 / 0.224, 5);
    expect(out[2]).toBeCloseTo((128 / 255 - 0.406) / 0.225, 5);
  });

  test('without a transform copies', () => {
    expect(transformed({}, 0)).toEqual([
      [0, 10, 20, 30],
      [0, 10, 20, 30],
      [0, 10, 20, 30],
    ]);
  });

  test('flips along each axis', () => {
    expect(transformed({ columns: { flip: true } }, 0)[0]).toEqual([30, 20, 10, 0]);
    expect(transformed({ rows: { flip: true } }, 1).map((row) => row[0])).toEqual([2, 1, 0]);
  });

  test('shifts, with black where nothing came from', () => {
    expect(transformed({ columns: { shift: 1 } }, 0)[0]).toEqual([0, 0, 10, 20]);
    expect(transformed({ columns: { shift: 1 } }, 2)[0]).toEqual([0, 7, 7, 7]);
    expect(transformed({ rows: { shift: -2 } }, 2).map((row) => row[0])).toEqual([7, 0, 0]);
  });

  test('shifts after it flips', () => {
    expect(transformed({ columns: { flip: true, shift: 1 } }, 0)[0]).toEqual([0, 30, 20, 10]);
  });

  test('enlarges a window with bilinear interpolation', () => {
    // Centres of the four target pixels in the window 1…3: 1.25, 1.75, 2.25, 2.75, less one half.
    expect(transformed({ columns: { windowStart: 1, windowSize: 2 } }, 0)[1]).toEqual([
      7.5, 12.5, 17.5, 22.5,
    ]);
    // At the rim the outermost pixel goes on.
    expect(transformed({ columns: { windowStart: 0, windowSize: 2 } }, 0)[1]).toEqual([0, 2.5, 7.5, 12.5]);
  });
});

function draw(options: AugmentationOptions): ImageTransform[] {
  const random = randomStream(1, 'augmentation', 0, 0);
  return Array.from({ length: 400 }, () => drawTransform(options, 20, 40, random));
}

describe('drawTransform', () => {
  test('draws the identity where nothing may change', () => {
    const [first] = draw({ flip: 'none', shift: 0, crop: 0 });
    expect(first).toEqual(identityTransform(20, 40));
  });

  test('flips half of the images along the axes that it may', () => {
    const horizontal = draw({ flip: 'horizontal', shift: 0, crop: 0 });
    const share = horizontal.filter((each) => each.columns.flip).length / horizontal.length;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
    expect(horizontal.some((each) => each.rows.flip)).toBe(false);
    const both = draw({ flip: 'both', shift: 0, crop: 0 });
    expect(new Set(both.map((each) => `${each.rows.flip} ${each.columns.flip}`)).size).toBe(4);
  });

  test('shifts by up to the share of the size, in whole pixels, both ways', () => {
    const shifts = draw({ flip: 'none', shift: 0.1, crop: 0 }).map((each) => each.columns.shift);
    expect([Math.min(...shifts), Math.max(...shifts)]).toEqual([-4, 4]);
    expect(shifts.every(Number.isInteger)).toBe(true);
  });

  test('crops windows inside the image that keep its proportions', () => {
    for (const { rows, columns } of draw({ flip: 'none', shift: 0, crop: 0.5 })) {
      expect(columns.windowSize).toBeCloseTo(2 * rows.windowSize, 9);
      expect(rows.windowSize).toBeGreaterThanOrEqual(10);
      expect(rows.windowStart).toBeGreaterThanOrEqual(0);
      expect(rows.windowStart + rows.windowSize).toBeLessThanOrEqual(20);
    }
  });
});
