import { expect, it } from 'vitest';
import type { DatasetImage } from './base.ts';
import { suggestImageSize } from './image-size.ts';

/** Images of these heights and widths. */
function images(...sizes: ReadonlyArray<readonly [number, number]>): DatasetImage[] {
  return sizes.map(([height, width], index) => ({
    path: `a/${index}.png`,
    label: 0,
    width,
    height,
    sizeBytes: 1,
    contentHash: '',
    perceptualHash: '',
    duplicateGroup: index,
    split: null,
  }));
}

it.each([
  ['keeps small ones', [[40, 80]], { height: 40, width: 80 }],
  ['rounds to steps of 8', [[28, 28]], { height: 32, width: 32 }],
  ['makes large ones smaller with their proportions', [[1080, 1920]], { height: 48, width: 88 }],
  [
    'goes by the typical image',
    [
      [40, 80],
      [40, 80],
      [4000, 8000],
    ],
    { height: 40, width: 80 },
  ],
  ['stays within what training takes', [[1, 100_000]], { height: 8, width: 512 }],
  ['has an answer without images', [], { height: 64, width: 64 }],
] as const)('%s', (_name, sizes, expected) => {
  expect(suggestImageSize({ images: images(...sizes) })).toEqual(expected);
});
