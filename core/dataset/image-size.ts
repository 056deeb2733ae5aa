import type { Dataset } from './base.ts';

/** Pixels that a model sees of an image where nobody says how many: what a CPU trains on in minutes. */
const MAX_PIXELS = 64 * 64;
/** Three poolings by two leave whole pixels; less than one step is no picture. */
const STEP = 8;

/**
 * A size to train on: that of the typical image (median height and median width), made smaller with its proportions
 * where it has more than 64 x 64 pixels, in steps of 8 pixels.
 *
 * @returns pixels.
 */
export function suggestImageSize(dataset: Pick<Dataset, 'images'>): { height: number; width: number } {
  const height = median(dataset.images.map((image) => image.height));
  const width = median(dataset.images.map((image) => image.width));
  const scale = Math.min(1, Math.sqrt(MAX_PIXELS / (height * width)));
  return { height: toStep(height * scale), width: toStep(width * scale) };
}

/** The upper one of two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Math.sqrt(MAX_PIXELS);
}

function toStep(pixels: number): number {
  return Math.min(Math.max(Math.round(pixels / STEP), 1) * STEP, MAX_PIXELS / STEP);
}
