import type { RandomState } from '../../base/random-state.ts';

/** The observations that a mixture is built from: those trials that have all of its parameters. */
export interface Observations {
  /** Numbers of the trials, ascending. */
  readonly trialNumbers: Int32Array;
  /**
   * For each parameter the observed values, one a trial, as `TrialHistory.column` gives them; and at the end a free
   * place, so that a mixture with a prior can use the array for its kernels.
   */
  readonly values: readonly Float64Array[];
  /** Weights of the observations; null where their number gives them. */
  readonly weights: Float64Array | null;
}

/**
 * The factors of a mixture's kernels that belong to one parameter: kernel k of the mixture has the density
 * ∏ᵢ fᵢₖ(xᵢ), and this holds fᵢₖ of all k for one i.
 */
export interface Kernels {
  /** Draw an internal value from each kernel named in `active` into `out`. */
  sample(random: RandomState, active: Int32Array, out: Float64Array): void;

  /** Write the logarithm of every kernel's density (or mass) at the internal value `x` into `out`. */
  logDensities(x: number, out: Float64Array): void;
}

/** Places, bandwidths and masses of normal kernels, one entry a kernel. */
export interface NormalKernelArrays {
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
  /** Logarithm of the kernel's mass inside the range. */
  readonly logMass: Float64Array;
}
