import type { FrozenTrial } from '../../study/frozen-trial.ts';
import type { SearchSpace } from '../base.ts';
import type { Observations } from './kernels.ts';
import type { TrialHistory } from './trial-history.ts';

/**
 * The observations of a joint space: from the trials among `trials` that have all of its parameters.
 *
 * @param weights one a trial, or null. @returns the observations, and the weights of the trials they are from.
 */
export function observe(
  history: TrialHistory,
  trials: readonly FrozenTrial[],
  space: SearchSpace,
  weights: Float64Array | null,
): { readonly observations: Observations; readonly weights: Float64Array | null } {
  const columns = Array.from(space, ([name, distribution]) => history.column(name, distribution));
  const trialNumbers = new Int32Array(trials.length);
  const keptWeights = weights === null ? null : new Float64Array(trials.length);
  let count = 0;
  for (let i = 0; i < trials.length; i++) {
    const { number } = trials[i]!;
    if (columns.some((column) => Number.isNaN(column[number]))) continue;
    if (keptWeights !== null) keptWeights[count] = weights![i]!;
    trialNumbers[count++] = number;
  }
  const numbers = trialNumbers.subarray(0, count);
  const values = columns.map((column) => Float64Array.from(numbers, (number) => column[number]!));
  return {
    observations: { trialNumbers: numbers, values },
    weights: keptWeights?.subarray(0, count) ?? null,
  };
}
