import { log } from '../../base/elementary.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { pairwiseSum } from '../../base/pairwise-sum.ts';
import { defaultWeights, type ParzenOptions } from './options.ts';

/** The weights of a mixture's kernels; they sum to 1. */
export interface KernelWeights {
  readonly weights: Float64Array;
  readonly logWeights: Float64Array;
}

/** How many mixtures' weights are remembered. */
const MAX_REMEMBERED = 8;

/**
 * Makes the weights of mixtures. Those of {@link defaultWeights} depend on the number of observations alone and are
 * remembered, since the mixtures of all parameters ask for the same ones.
 */
export class KernelWeightsFactory {
  readonly #options: ParzenOptions;
  readonly #remembered = new Map<number, KernelWeights>();

  constructor(options: ParzenOptions) {
    this.#options = options;
  }

  /**
   * @param n number of observations; the prior's kernel comes in addition.
   * @param given weights of the observations, instead of those that the options' function gives.
   * @throws {InvalidInputError} where that function gives negative, infinite or too few weights, or only zeros.
   */
  create(n: number, given: Float64Array | null): KernelWeights {
    if (given !== null) return this.#normalise(given);
    const { weights } = this.#options;
    if (weights !== defaultWeights) return this.#normalise(checkedWeights(weights(n), n));
    let known = this.#remembered.get(n);
    if (known === undefined) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      known = this.#normalise(defaultWeights(n));
      this.#remembered.set(n, known);
    }
    return known;
  }

  #normalise(observed: Float64Array): KernelWeights {
    const n = observed.length;
    if (n === 0) return { weights: Float64Array.of(1), logWeights: Float64Array.of(0) };
    const weights = new Float64Array(this.#options.considerPrior ? n + 1 : n);
    weights.set(observed);
    if (this.#options.considerPrior) weights[n] = this.#options.priorWeight;
    const sum = pairwiseSum(weights);
    for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! / sum;
    return { weights, logWeights: weights.map(log) };
  }
}

function checkedWeights(given: ArrayLike<number>, n: number): Float64Array {
  const weights = Float64Array.from(given).subarray(0, n);
  let wrong: string | null = null;
  if (weights.length < n) wrong = `only ${weights.length} weights`;
  else if (weights.some((weight) => weight < 0)) wrong = 'negative weights';
  else if (!weights.every(Number.isFinite)) wrong = 'infinite weights or NaN';
  else if (n > 0 && pairwiseSum(weights) <= 0) wrong = 'only zeros';
  if (wrong === null) return weights;
  throw new InvalidInputError(
    'weights',
    `weights(${n}) gave ${wrong}, but it must give ${n} finite weights from 0, one of them above 0.`,
  );
}
