import type { Distribution } from '../../distributions/base.ts';
import type { SearchSpace } from '../base.ts';
import { bandwidths } from './bandwidths.ts';
import { CategoricalKernels } from './categorical-kernels.ts';
import { KernelWeightsFactory } from './kernel-weights.ts';
import type { Kernels, Observations } from './kernels.ts';
import { LogMasses, logMassInRange } from './log-masses.ts';
import { NumericalKernels } from './numerical-kernels.ts';
import { type NumericalRange, numericalRange } from './numerical-range.ts';
import type { ParzenOptions } from './options.ts';
import { ParzenEstimator } from './parzen-estimator.ts';

type NumericalDistribution = Exclude<Distribution, { readonly name: 'CategoricalDistribution' }>;

/** Builds Parzen estimators from observations, keeping between suggestions what does not change. */
export class ParzenFactory {
  readonly #options: ParzenOptions;
  readonly #weights: KernelWeightsFactory;
  /** By parameter and kind of axis. */
  readonly #logMasses = new Map<string, LogMasses>();

  constructor(options: ParzenOptions) {
    this.#options = options;
    this.#weights = new KernelWeightsFactory(options);
  }

  /**
   * @param observations values in the order of `space`.
   * @param weights of the observations; null where the options' function gives them.
   */
  create(space: SearchSpace, observations: Observations, weights: Float64Array | null): ParzenEstimator {
    const factors = Array.from(space).map(([name, distribution], i) => {
      const observed = observations.values[i]!;
      return distribution.name === 'CategoricalDistribution'
        ? new CategoricalKernels(distribution, observed, {
            considerPrior: this.#options.considerPrior,
            priorWeight: this.#options.priorWeight,
            distance: this.#options.categoricalDistanceFunc[name] ?? null,
          })
        : this.#createNumerical(name, distribution, observed, observations.trialNumbers, space.size);
    });
    return new ParzenEstimator(factors, this.#weights.create(observations.trialNumbers.length, weights));
  }

  #createNumerical(
    paramName: string,
    distribution: NumericalDistribution,
    observed: Float64Array,
    trialNumbers: Int32Array,
    nDimensions: number,
  ): Kernels {
    const range = numericalRange(distribution);
    const n = observed.length;
    const nKernels = this.#options.considerPrior || n === 0 ? n + 1 : n;
    const mu = new Float64Array(nKernels).fill(range.middle);
    mu.set(observed);
    const sigma = new Float64Array(nKernels).fill(range.width);
    sigma.set(bandwidths(observed, range, nDimensions, this.#options));
    const logMass = new Float64Array(nKernels);
    const masses = this.#massesOf(paramName, distribution, range);
    for (let k = 0; k < n; k++) logMass[k] = masses.get(trialNumbers[k]!, mu[k]!, sigma[k]!);
    if (nKernels > n) logMass[n] = logMassInRange(mu[n]!, sigma[n]!, range);
    return new NumericalKernels(distribution, range, { mu, sigma, logMass });
  }

  #massesOf(paramName: string, { log }: NumericalDistribution, range: NumericalRange): LogMasses {
    const key = `${log ? 'log' : 'linear'} ${paramName}`;
    let masses = this.#logMasses.get(key);
    if (masses === undefined || !masses.matches(range)) {
      masses = new LogMasses(range);
      this.#logMasses.set(key, masses);
    }
    return masses;
  }
}
