import type { GridMasses } from './grid-masses.ts';
import type { NormalKernelArrays } from './kernels.ts';
import type { NumericalRange } from './numerical-range.ts';
import type { Scratch } from './scratch.ts';

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
  readonly #gridMasses: GridMasses;
  /** For each kernel its kind. */
  readonly #kindOf: Int32Array;
  /** For each kind the first kernel of it. */
  readonly #firstOf: number[] = [];
  readonly #masses: Float64Array;

  constructor(range: NumericalRange, kernels: NormalKernelArrays, gridMasses: GridMasses, scratch: Scratch) {
    this.#range = range;
    this.#step = range.step ?? 1;
    this.#kernels = kernels;
    this.#gridMasses = gridMasses;
    this.#kindOf = scratch.int32(kernels.mu.length);
    this.#findKinds();
    this.#masses = scratch.float64(this.#firstOf.length);
  }

  /** Write the logarithm of every kernel's mass around the grid point `x`, as a share of its mass in the range. */
  logDensities(x: number, out: Float64Array): void {
    const { mu, sigma, logMass } = this.#kernels;
    for (let kind = 0; kind < this.#firstOf.length; kind++) {
      const k = this.#firstOf[kind]!;
      this.#masses[kind] = this.#gridMasses.get(x, mu[k]!, sigma[k]!) - logMass[k]!;
    }
    const kindOf = this.#kindOf;
    const masses = this.#masses;
    for (let k = 0; k < kindOf.length; k++) out[k] = masses[kindOf[k]!]!;
  }

  /** Put kernels of equal place and bandwidth together, looking only among those near the same grid point. */
  #findKinds(): void {
    const { mu, sigma } = this.#kernels;
    const points = Math.round((this.#range.high - this.#range.low) / this.#step) + 1;
    const nSlots = Math.min(points, MAX_SLOTS);
    const newest = new Int32Array(nSlots).fill(-1);
    const older: number[] = [];
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
      this.#kindOf[k] = kind;
    }
  }

  #isKind(kind: number, mu: number, sigma: number): boolean {
    const first = this.#firstOf[kind]!;
    return this.#kernels.mu[first] === mu && this.#kernels.sigma[first] === sigma;
  }
}
