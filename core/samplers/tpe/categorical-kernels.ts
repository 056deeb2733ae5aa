import { exp, log } from '../../base/elementary.ts';
import { pairwiseSum } from '../../base/pairwise-sum.ts';
import type { RandomState } from '../../base/random-state.ts';
import type { CategoricalDistribution } from '../../distributions/categorical-distribution.ts';
import type { Kernels } from './kernels.ts';
import type { CategoricalDistance, ParzenOptions } from './options.ts';

/** The options that categorical kernels depend on, with the distance of this parameter. */
export interface CategoricalKernelOptions extends Pick<ParzenOptions, 'considerPrior' | 'priorWeight'> {
  readonly distance: CategoricalDistance | null;
}

/**
 * Kernels over choices: each gives its observed choice the most, and every other choice a share of the prior's weight
 * or, with a distance, the more the nearer it is.
 *
 * All kernels of the same observed choice are equal, so that one table of `choices + 1` rows (the last is the
 * prior's) holds them.
 *
 * Source: Bergstra et al., NIPS 2011, section 4.2 (smoothed counts); arXiv:2304.11127, section 3.3.1.
 */
export class CategoricalKernels implements Kernels {
  readonly #nChoices: number;
  /** For each kernel its row. */
  readonly #rowOf: Int32Array;
  readonly #logProbabilities: Float64Array;
  readonly #cumulative: Float64Array;

  /** @param observed index of the observed choice of each kernel but the prior's. */
  constructor(
    distribution: CategoricalDistribution,
    observed: Float64Array,
    options: CategoricalKernelOptions,
  ) {
    const nChoices = distribution.choices.length;
    const withPrior = options.considerPrior || observed.length === 0;
    this.#nChoices = nChoices;
    this.#rowOf = new Int32Array(observed.length + (withPrior ? 1 : 0)).fill(nChoices);
    this.#rowOf.set(observed);
    const probabilities = probabilityTable(distribution, observed, options);
    this.#logProbabilities = probabilities.map(log);
    this.#cumulative = cumulativeRows(probabilities, nChoices);
  }

  sample(random: RandomState, active: Int32Array, out: Float64Array): void {
    random.fillRandom(out);
    for (let i = 0; i < out.length; i++) {
      const quantile = out[i]!;
      const start = this.#rowOf[active[i]!]! * this.#nChoices;
      let choice = 0;
      while (this.#cumulative[start + choice]! < quantile) choice++;
      out[i] = choice;
    }
  }

  logDensities(x: number, out: Float64Array): void {
    for (let k = 0; k < this.#rowOf.length; k++) {
      out[k] = this.#logProbabilities[this.#rowOf[k]! * this.#nChoices + x]!;
    }
  }
}

/** The probabilities of the choices, one row for each observed choice and one for the prior. */
function probabilityTable(
  distribution: CategoricalDistribution,
  observed: Float64Array,
  { considerPrior, priorWeight, distance }: CategoricalKernelOptions,
): Float64Array {
  const nChoices = distribution.choices.length;
  const table = new Float64Array((nChoices + 1) * nChoices);
  if (observed.length === 0) return table.fill(1 / nChoices);
  const nKernels = observed.length + (considerPrior ? 1 : 0);
  table.fill(priorWeight / nKernels);
  for (let choice = 0; choice < nChoices; choice++) {
    const row = table.subarray(choice * nChoices, (choice + 1) * nChoices);
    if (distance === null) row[choice] = row[choice]! + 1;
    else if (observed.includes(choice)) {
      const sharpness = (log(nKernels / priorWeight) * log(nChoices)) / log(6);
      fillByDistance(row, distribution, choice, distance, sharpness);
    }
  }
  for (let start = 0; start < table.length; start += nChoices) {
    const sum = pairwiseSum(table, start, nChoices);
    for (let i = start; i < start + nChoices; i++) table[i] = table[i]! / sum;
  }
  return table;
}

/** exp(-c (d / dₘₐₓ)²): 1 at the observed choice, falling with the distance from it. Source: Optuna 3.4. */
function fillByDistance(
  row: Float64Array,
  { choices }: CategoricalDistribution,
  observed: number,
  distance: CategoricalDistance,
  sharpness: number,
): void {
  const distances = choices.map((choice) => distance(choices[observed] ?? null, choice));
  const largest = Math.max(...distances);
  for (const [i, d] of distances.entries()) row[i] = exp(-((d / largest) ** 2) * sharpness);
}

function cumulativeRows(probabilities: Float64Array, nChoices: number): Float64Array {
  const cumulative = new Float64Array(probabilities.length);
  for (let start = 0; start < probabilities.length; start += nChoices) {
    let sum = 0;
    for (let i = start; i < start + nChoices; i++) cumulative[i] = sum += probabilities[i]!;
    // The sum of a row misses 1 by rounding.
    cumulative[start + nChoices - 1] = 1;
  }
  return cumulative;
}
