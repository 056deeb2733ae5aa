import type { NormalKernelArrays } from './kernels.ts';
import type { NumericalRange } from './numerical-range.ts';
import { logGaussMass } from './truncated-normal.ts';

/** At most so many slots to look kernels up in. */
const MAX_SLOTS = 4096;

/**
 * The masses that normal kernels give to the points of a grid: of the interval half a step around a point.
 *
 * On a grid many kernels share their place and bandwidth. Each such kind of kernel is computed once.
 */
export class GridDensity {
  readonly #range: NumericalRange;
  readonly #step: number;
  readonly #kernels: NormalKernelArrays;
  /** For each kernel its kind. */
  readonly #kindOf: Int32Array;
  /** For each kind the first kernel of it. */
  readonly #firstOf: number[] = [];
  readonly #masses: Float64Array;

  constructor(range: NumericalRange, step: number, kernels: NormalKernelArrays) {
    this.#range = range;
    this.#step = step;
    this.#kernels = kernels;
    this.#kindOf = this.#findKinds();
    this.#masses = new Float64Array(this.#firstOf.length);
  }

  /** Write the logarithm of every kernel's mass around the grid point `x`, as a share of its mass in the range. */
  logDensities(x: number, out: Float64Array): void {
    const { mu, sigma, logMass } = this.#kernels;
    const low = Math.max(x - this.#step / 2, this.#range.lowEdge);
    const high = Math.min(x + this.#step / 2, this.#range.highEdge);
    for (const [kind, k] of this.#firstOf.entries()) {
      const mass = logGaussMass((low - mu[k]!) / sigma[k]!, (high - mu[k]!) / sigma[k]!);
      this.#masses[kind] = mass - logMass[k]!;
    }
    const kindOf = this.#kindOf;
    const masses = this.#masses;
    for (let k = 0; k < kindOf.length; k++) out[k] = masses[kindOf[k]!]!;
  }

  /** Put kernels of equal place and bandwidth together, looking only among those near the same grid point. */
  #findKinds(): Int32Array {
    const { mu, sigma } = this.#kernels;
    const points = Math.round((this.#range.high - this.#range.low) / this.#step) + 1;
    const nSlots = Math.min(points, MAX_SLOTS);
    const newest = new Int32Array(nSlots).fill(-1);
    const older: number[] = [];
    const kindOf = new Int32Array(mu.length);
    for (let k = 0; k < mu.length; k++) {
      const point = Math.abs(Math.round((mu[k]! - this.#range.low) / this.#step));
      const slot = point % nSlots;
      let kind = newest[slot]!;
      while (kind >= 0 && !this.#isKind(kind, mu[k]!, sigma[k]!)) kind = older[kind]!;
      if (kind < 0) {
        kind = this.#firstOf.length;
        this.#firstOf.push(k);
        older.push(newest[slot]!);
        newest[slot] = kind;
      }
      kindOf[k] = kind;
    }
    return kindOf;
  }

  #isKind(kind: number, mu: number, sigma: number): boolean {
    const first = this.#firstOf[kind]!;
    return this.#kernels.mu[first] === mu && this.#kernels.sigma[first] === sigma;
  }
}
