import type { SearchSpace } from '../base.ts';
import type { Observations } from './kernels.ts';
import type { Scratch } from './scratch.ts';
import type { TrialHistory } from './trial-history.ts';

/**
 * The observations of a joint space: from the trials that have all of its parameters.
 *
 * @param trialNumbers the trials to look at, ascending.
 * @param weights one a trial, or null.
 */
export function observe(
  history: TrialHistory,
  trialNumbers: Int32Array,
  space: SearchSpace,
  weights: Float64Array | null,
  scratch: Scratch,
): Observations {
  const columns = Array.from(space, ([name, distribution]) => history.column(name, distribution));
  const places = placesOfComplete(columns, trialNumbers, scratch);
  const numbers = places === null ? trialNumbers : places.map((place) => trialNumbers[place]!);
  return {
    trialNumbers: numbers,
    values: columns.map((column) => gather(column, numbers, scratch)),
    weights:
      weights === null || places === null ? weights : Float64Array.from(places, (place) => weights[place]!),
  };
}

/** Places of the trials that every column has a value for; null where that is all of them. */
function placesOfComplete(
  columns: readonly Float64Array[],
  trialNumbers: Int32Array,
  scratch: Scratch,
): Int32Array | null {
  const places = scratch.int32(trialNumbers.length);
  let count = 0;
  for (let place = 0; place < trialNumbers.length; place++) {
    const number = trialNumbers[place]!;
    let isComplete = true;
    for (const column of columns) if (Number.isNaN(column[number]!)) isComplete = false;
    if (isComplete) places[count++] = place;
  }
  return count === places.length ? null : places.subarray(0, count);
}

/** The column's values of these trials, and a place at the end for the prior's kernel. */
function gather(column: Float64Array, numbers: Int32Array, scratch: Scratch): Float64Array {
  const values = scratch.float64(numbers.length + 1);
  for (let i = 0; i < numbers.length; i++) values[i] = column[numbers[i]!]!;
  return values;
}
