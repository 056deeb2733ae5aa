import { InvalidInputError } from '../../base/errors.ts';
import { logWarning } from '../../base/logging.ts';
import type { FrozenTrial } from '../../study/frozen-trial.ts';
import type { AfterTrialAttrs } from '../base.ts';

/** System attribute of a trial with its constraint values, as Optuna names it. */
export const CONSTRAINTS_KEY = 'constraints';

/**
 * The attributes to write for a trial that ends COMPLETE or PRUNED.
 *
 * @throws {InvalidInputError} where a constraint value is NaN or no number.
 */
export function constraintAttrs(
  constraintsFunc: (trial: FrozenTrial) => readonly number[],
  trial: FrozenTrial,
): AfterTrialAttrs {
  const values = [...constraintsFunc(trial)];
  for (const value of values) {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      throw new InvalidInputError(
        'constraintsFunc',
        `constraintsFunc gave ${String(value)} for trial ${trial.number}, but constraint values must be numbers and not NaN.`,
      );
    }
  }
  return { trialSystemAttrs: { [CONSTRAINTS_KEY]: values } };
}

/** The constraint values that were stored with a trial, or null. */
export function storedConstraints(trial: FrozenTrial): readonly number[] | null {
  const stored = trial.systemAttrs[CONSTRAINTS_KEY];
  return Array.isArray(stored) ? (stored as readonly number[]) : null;
}

/** The sum of the values above 0: 0 where feasible, +Infinity (and a warning) where no values were stored. */
export function constraintViolation(trial: FrozenTrial): number {
  const values = storedConstraints(trial);
  if (values === null) {
    logWarning(`Trial ${trial.number} has no constraint values and comes after all trials that have them.`);
    return Infinity;
  }
  let violation = 0;
  for (const value of values) if (value > 0) violation += value;
  return violation;
}
