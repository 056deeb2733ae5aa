import { exp, log } from '../../base/elementary.ts';
import { pairwiseSum } from '../../base/pairwise-sum.ts';
import type { RandomState } from '../../base/random-state.ts';
import { JointLogDensity } from './joint-log-density.ts';
import type { KernelWeights } from './kernel-weights.ts';
import type { Kernels } from './kernels.ts';
import type { Scratch } from './scratch.ts';

/**
 * Terms of a mixture's density that are below e⁻⁷⁰ of the largest are left out: thousands of them do not reach the
 * last bit of the sum.
 */
const NEGLIGIBLE = -70;

/**
 * A mixture of product kernels: the density of good (or other) parameter values.
 *
 * Source: Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011, section 4; as a joint density:
 * Falkner, Klein and Hutter, "BOHB", ICML 2018.
 */
export class ParzenEstimator {
  readonly #factors: readonly Kernels[];
  readonly #weights: KernelWeights;
  readonly #joint: JointLogDensity;
  readonly #terms: Float64Array;

  /** @param factors one a parameter; all have as many kernels as there are weights. */
  constructor(factors: readonly Kernels[], weights: KernelWeights, scratch: Scratch) {
    this.#factors = factors;
    this.#weights = weights;
    this.#terms = scratch.float64(weights.weights.length);
    this.#joint = new JointLogDensity(factors, weights.weights.length, scratch);
  }

  /** Draw `count` points. @returns for each parameter their internal values. */
  sample(random: RandomState, count: number): Float64Array[] {
    const active = new Int32Array(count);
    random.weightedChoice(this.#weights.weights, active);
    return this.#factors.map((kernels) => {
      const values = new Float64Array(count);
      kernels.sample(random, active, values);
      return values;
    });
  }

  /** Logarithm of the density at a point of internal values, one a parameter. */
  logDensity(point: Float64Array): number {
    const terms = this.#terms;
    this.#joint.write(point, terms);
    const { logWeights } = this.#weights;
    let largest = -Infinity;
    for (let k = 0; k < terms.length; k++) {
      const term = terms[k]! + logWeights[k]!;
      terms[k] = term;
      // Negated, so that NaN is taken over too and stays.
      if (!(term <= largest) && !Number.isNaN(largest)) largest = term;
    }
    if (largest === -Infinity) return -Infinity;
    for (let k = 0; k < terms.length; k++) {
      const exponent = terms[k]! - largest;
      terms[k] = exponent < NEGLIGIBLE ? 0 : exp(exponent);
    }
    return log(pairwiseSum(terms)) + largest;
  }
}
