import type { Distribution } from '../../distributions/base.ts';
import type { SearchSpace } from '../base.ts';
import { MAGIC_CLIP_DIVISOR, writeBandwidths } from './bandwidths.ts';
import { CategoricalKernels } from './categorical-kernels.ts';
import { GridDensity } from './grid-density.ts';
import { GridMasses } from './grid-masses.ts';
import { KernelWeightsFactory } from './kernel-weights.ts';
import type { Kernels, Observations } from './kernels.ts';
import { LogMasses, logMassInRange } from './log-masses.ts';
import { NumericalKernels } from './numerical-kernels.ts';
import { type NumericalRange, numericalRange } from './numerical-range.ts';
import type { ParzenOptions } from './options.ts';
import { ParzenEstimator } from './parzen-estimator.ts';
import type { Scratch } from './scratch.ts';

type NumericalDistribution = Exclude<Distribution, { readonly name: 'CategoricalDistribution' }>;

/** What is remembered of a parameter's range. */
interface Remembered {
  readonly range: NumericalRange;
  readonly logMasses: LogMasses;
  readonly gridMasses: GridMasses | null;
}

/** Builds Parzen estimators from observations, keeping between suggestions what does not change. */
export class ParzenFactory {
  readonly #options: ParzenOptions;
  readonly #weights: KernelWeightsFactory;
  readonly #scratch: Scratch;
  /** By parameter and kind of axis. */
  readonly #remembered = new Map<string, Remembered>();

  /** @param scratch memory of the estimators that {@link create} makes. */
  constructor(options: ParzenOptions, scratch: Scratch) {
    this.#options = options;
    this.#scratch = scratch;
    this.#weights = new KernelWeightsFactory(options);
  }

  /** @param observations of the parameters in the order of `space`. */
  create(space: SearchSpace, observations: Observations): ParzenEstimator {
    const n = observations.trialNumbers.length;
    const nKernels = this.#options.considerPrior || n === 0 ? n + 1 : n;
    const factors = Array.from(space).map(([name, distribution], i) => {
      const observed = observations.values[i]!;
      return distribution.name === 'CategoricalDistribution'
        ? new CategoricalKernels(distribution, observed.subarray(0, n), {
            considerPrior: this.#options.considerPrior,
            priorWeight: this.#options.priorWeight,
            distance: this.#options.categoricalDistanceFunc[name] ?? null,
          })
        : this.#createNumerical(name, distribution, observed.subarray(0, nKernels), observations, space.size);
    });
    return new ParzenEstimator(factors, this.#weights.create(n, observations.weights), this.#scratch);
  }

  /** @param mu the observed values, and a free place for the prior's kernel where there is one. */
  #createNumerical(
    paramName: string,
    distribution: NumericalDistribution,
    mu: Float64Array,
    { trialNumbers }: Observations,
    nDimensions: number,
  ): Kernels {
    const range = numericalRange(distribution);
    const n = trialNumbers.length;
    mu.fill(range.middle, n);
    const sigma = this.#scratch.float64(mu.length);
    writeBandwidths(mu, n, range, nDimensions, this.#options, sigma, this.#scratch);
    const { logMasses, gridMasses } = this.#remember(paramName, distribution, range);
    const logMass = this.#scratch.float64(mu.length);
    for (let k = 0; k < n; k++) logMass[k] = logMasses.get(trialNumbers[k]!, mu[k]!, sigma[k]!);
    if (mu.length > n) logMass[n] = logMassInRange(mu[n]!, sigma[n]!, range);
    const kernels = { mu, sigma, logMass };
    gridMasses?.remember(this.#options.multivariate ? sigma[0]! : range.width / MAGIC_CLIP_DIVISOR);
    const grid = gridMasses === null ? null : new GridDensity(range, kernels, gridMasses, this.#scratch);
    return new NumericalKernels(distribution, range, kernels, grid, this.#scratch);
  }

  #remember(paramName: string, { log }: NumericalDistribution, range: NumericalRange): Remembered {
    const key = `${log ? 'log' : 'linear'} ${paramName}`;
    let remembered = this.#remembered.get(key);
    if (remembered === undefined || !sameRange(remembered.range, range)) {
      const gridMasses = range.step === null ? null : new GridMasses(range, range.step);
      remembered = { range, logMasses: new LogMasses(range), gridMasses };
      this.#remembered.set(key, remembered);
    }
    return remembered;
  }
}

function sameRange(a: NumericalRange, b: NumericalRange): boolean {
  return a.low === b.low && a.high === b.high && a.step === b.step;
}
