import { MAGIC_CLIP_DIVISOR } from './bandwidths.ts';
import type { NumericalRange } from './numerical-range.ts';
import { logGaussMass } from './truncated-normal.ts';

/** Grids with more points are not remembered: the table grows with the square. */
const MAX_POINTS = 256;

/**
 * The masses that normal kernels give to the surroundings of grid points, half a step to both sides.
 *
 * In a long study nearly all kernels stand on grid points and have the smallest bandwidth that the magic clip allows,
 * so that there are few different masses. These are remembered from one suggestion to the next.
 */
export class GridMasses {
  readonly #range: NumericalRange;
  readonly #step: number;
  /** Number of grid points, or 0 where they are too many. */
  readonly #nPoints: number;
  /** By point of the kernel, then by point of the mass; NaN where not yet computed. */
  #table: Float64Array | null = null;
  readonly #smallestSigma: number;

  constructor(range: NumericalRange, step: number) {
    this.#range = range;
    this.#step = step;
    const nPoints = Math.round((range.high - range.low) / step) + 1;
    this.#nPoints = nPoints <= MAX_POINTS ? nPoints : 0;
    this.#smallestSigma = range.width / MAGIC_CLIP_DIVISOR;
  }

  /** Logarithm of the mass around the grid point `x` of a kernel at `mu`, as a share of the whole normal. */
  get(x: number, mu: number, sigma: number): number {
    const kernelPoint = sigma === this.#smallestSigma ? this.#pointOf(mu) : -1;
    const point = this.#pointOf(x);
    if (kernelPoint < 0 || point < 0) return this.#compute(x, mu, sigma);
    this.#table ??= new Float64Array(this.#nPoints * this.#nPoints).fill(NaN);
    const place = kernelPoint * this.#nPoints + point;
    const known = this.#table[place]!;
    return Number.isNaN(known) ? (this.#table[place] = this.#compute(x, mu, sigma)) : known;
  }

  #compute(x: number, mu: number, sigma: number): number {
    const low = Math.max(x - this.#step / 2, this.#range.lowEdge);
    const high = Math.min(x + this.#step / 2, this.#range.highEdge);
    return logGaussMass((low - mu) / sigma, (high - mu) / sigma);
  }

  /** The index of a value that is a grid point to the last bit, -1 for any other. */
  #pointOf(value: number): number {
    const { low, high } = this.#range;
    const point = Math.round((value - low) / this.#step);
    if (point < 0 || point >= this.#nPoints) return -1;
    const exact = Math.min(low + point * this.#step, high);
    return exact === value ? point : -1;
  }
}
