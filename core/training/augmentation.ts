import type { RandomState } from '../base/random-state.ts';
import type { FlipMode } from './config.ts';
import { COLOURS, NORMALIZATION } from './normalization.ts';

/** What may happen to a training image; see `flip`, `shift` and `crop` in the table of hyperparameters. */
export interface AugmentationOptions {
  readonly flip: FlipMode;
  /** Share of the size, 0…0.5. */
  readonly shift: number;
  /** Share of the size, 0…0.9. */
  readonly crop: number;
}

/** What happens to one image along one axis. Undone in the order shift, flip, crop when a pixel is looked up. */
export interface AxisTransform {
  readonly flip: boolean;
  /** Whole pixels towards higher coordinates. */
  readonly shift: number;
  /** First pixel of the window that is enlarged to the full size, and its length; fractions allowed. */
  readonly windowStart: number;
  readonly windowSize: number;
}

/** What happens to one image. */
export interface ImageTransform {
  readonly rows: AxisTransform;
  readonly columns: AxisTransform;
}

/** The transform that changes nothing. */
export function identityTransform(height: number, width: number): ImageTransform {
  return { rows: identityAxis(height), columns: identityAxis(width) };
}

function identityAxis(size: number): AxisTransform {
  return { flip: false, shift: 0, windowStart: 0, windowSize: size };
}

/** Draw what happens to one image. Seven numbers are drawn whatever the options, so that streams stay aligned. */
export function drawTransform(
  options: AugmentationOptions,
  height: number,
  width: number,
  random: RandomState,
): ImageTransform {
  // Both sides lose the same share, so that the picture keeps its proportions.
  const kept = 1 - random.uniform(0, options.crop);
  const axis = (size: number, mayFlip: boolean): AxisTransform => {
    const flips = random.random() < 0.5;
    const windowSize = size * kept;
    const windowStart = random.uniform(0, size - windowSize);
    const shift = Math.round(random.uniform(-options.shift, options.shift) * size);
    // Math.round gives -0 for small negative numbers.
    return { flip: mayFlip && flips, shift: shift + 0, windowStart, windowSize };
  };
  const { flip } = options;
  return {
    rows: axis(height, flip === 'vertical' || flip === 'both'),
    columns: axis(width, flip === 'horizontal' || flip === 'both'),
  };
}

/** Where each pixel of one axis comes from: a blend of two neighbours, or -1 for outside. */
interface AxisLookup {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Share of `second`. */
  readonly blend: Float32Array;
}

function lookUp(size: number, transform: AxisTransform): AxisLookup {
  const lookup = { first: new Int32Array(size), second: new Int32Array(size), blend: new Float32Array(size) };
  const step = transform.windowSize / size;
  for (let target = 0; target < size; target++) {
    const unshifted = target - transform.shift;
    if (unshifted < 0 || unshifted >= size) {
      lookup.first[target] = -1;
      continue;
    }
    const unflipped = transform.flip ? size - 1 - unshifted : unshifted;
    // Pixels are squares: their centres lie at one half.
    const source = Math.min(size - 1, Math.max(0, transform.windowStart + (unflipped + 0.5) * step - 0.5));
    const first = Math.floor(source);
    lookup.first[target] = first;
    lookup.second[target] = Math.min(size - 1, first + 1);
    lookup.blend[target] = source - first;
  }
  return lookup;
}

/**
 * Transform and normalise one image; enlarged with bilinear interpolation, black where it was moved away.
 *
 * @param pixels uint8 images, [image, height, width, 3] flat.
 * @param index which of them.
 * @param out float32 images of the same layout; the image at `index` is written.
 */
export function writeImage(
  pixels: Uint8Array,
  index: number,
  height: number,
  width: number,
  transform: ImageTransform,
  out: Float32Array,
): void {
  const rows = lookUp(height, transform.rows);
  const columns = lookUp(width, transform.columns);
  const base = index * height * width * COLOURS;
  let at = base;
  for (let y = 0; y < height; y++) {
    const above = base + (rows.first[y] ?? 0) * width * COLOURS;
    const below = base + (rows.second[y] ?? 0) * width * COLOURS;
    const down = rows.blend[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const left = (columns.first[x] ?? 0) * COLOURS;
      const right = (columns.second[x] ?? 0) * COLOURS;
      const across = columns.blend[x] ?? 0;
      const outside = above < base || left < 0;
      for (let colour = 0; colour < COLOURS; colour++) {
        let value = 0;
        if (!outside) {
          value = pixels[above + left + colour] ?? 0;
          if (across > 0 || down > 0) {
            const top = value + across * ((pixels[above + right + colour] ?? 0) - value);
            const lower = pixels[below + left + colour] ?? 0;
            const bottom = lower + across * ((pixels[below + right + colour] ?? 0) - lower);
            value = top + down * (bottom - top);
          }
        }
        out[at++] = value * (NORMALIZATION.scale[colour] ?? 1) + (NORMALIZATION.offset[colour] ?? 0);
      }
    }
  }
}
