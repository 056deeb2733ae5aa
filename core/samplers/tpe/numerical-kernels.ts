import { exp, log } from '../../base/elementary.ts';
import type { RandomState } from '../../base/random-state.ts';
import { clip, roundHalfEven } from '../../base/rounding.ts';
import type { FloatDistribution } from '../../distributions/float-distribution.ts';
import type { IntDistribution } from '../../distributions/int-distribution.ts';
import type { GridDensity } from './grid-density.ts';
import type { Kernels, NormalKernelArrays } from './kernels.ts';
import type { NumericalRange } from './numerical-range.ts';
import type { Scratch } from './scratch.ts';
import { normalLogPdf, truncatedNormalQuantile } from './truncated-normal.ts';

/**
 * Normal kernels cut off at the ends of a numerical range.
 *
 * Source: Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011, section 4.2; the discrete form
 * is section 3.3.1 of arXiv:2304.11127.
 */
export class NumericalKernels implements Kernels {
  readonly #distribution: FloatDistribution | IntDistribution;
  readonly #range: NumericalRange;
  readonly #kernels: NormalKernelArrays;
  readonly #logSigma: Float64Array;
  readonly #grid: GridDensity | null;

  /** @param grid the density on the grid, where the range has steps. */
  constructor(
    distribution: FloatDistribution | IntDistribution,
    range: NumericalRange,
    kernels: NormalKernelArrays,
    grid: GridDensity | null,
    scratch: Scratch,
  ) {
    this.#distribution = distribution;
    this.#range = range;
    this.#kernels = kernels;
    this.#grid = grid;
    this.#logSigma = scratch.float64(grid === null ? kernels.sigma.length : 0);
    writeLogarithms(kernels.sigma, this.#logSigma);
  }

  sample(random: RandomState, active: Int32Array, out: Float64Array): void {
    random.fillRandom(out);
    const { lowEdge, highEdge } = this.#range;
    for (let i = 0; i < out.length; i++) {
      const mu = this.#kernels.mu[active[i]!]!;
      const sigma = this.#kernels.sigma[active[i]!]!;
      const z = truncatedNormalQuantile(out[i]!, (lowEdge - mu) / sigma, (highEdge - mu) / sigma);
      out[i] = this.#toInternal(z * sigma + mu);
    }
  }

  logDensities(x: number, out: Float64Array): void {
    const onAxis = this.#distribution.log ? log(x) : x;
    if (this.#grid === null) this.#continuousLogDensities(onAxis, out);
    else this.#grid.logDensities(onAxis, out);
  }

  #continuousLogDensities(x: number, out: Float64Array): void {
    const { mu, sigma, logMass } = this.#kernels;
    const logSigma = this.#logSigma;
    for (let k = 0; k < mu.length; k++) {
      out[k] = normalLogPdf((x - mu[k]!) / sigma[k]!) - logMass[k]! - logSigma[k]!;
    }
    const { low, high } = this.#range;
    if (x >= low && x <= high) return;
    // Rounding of exp and log can lead outside. A kernel is cut off where the scaled value passes the scaled end.
    for (let k = 0; k < mu.length; k++) {
      const z = (x - mu[k]!) / sigma[k]!;
      if (z < (low - mu[k]!) / sigma[k]! || (high - mu[k]!) / sigma[k]! < z) out[k] = -Infinity;
    }
  }

  /** From the axis of the kernels to an internal value. */
  #toInternal(drawn: number): number {
    const { low, high, step } = this.#distribution;
    if (this.#distribution.log) {
      const value = exp(drawn);
      return step === null ? value : clip(low + roundHalfEven(value - low), low, high);
    }
    return step === null ? drawn : clip(low + roundHalfEven((drawn - low) / step) * step, low, high);
  }
}

/** Logarithms of bandwidths, of which long runs are equal. */
function writeLogarithms(sigma: Float64Array, out: Float64Array): void {
  for (let k = 0; k < out.length; k++) {
    out[k] = k > 0 && sigma[k] === sigma[k - 1] ? out[k - 1]! : log(sigma[k]!);
  }
}
