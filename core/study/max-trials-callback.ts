import type { TrialState } from './frozen-trial.ts';
import type { StudyCallback } from './optimize.ts';

/**
 * A callback that stops a run when the study has enough trials of some states. Optuna: `MaxTrialsCallback`.
 *
 * @param states which trials count; all where null.
 */
export function maxTrialsCallback(
  nTrials: number,
  states: readonly TrialState[] | null = ['COMPLETE'],
): StudyCallback {
  return async (study) => {
    const trials = await study.getTrials(states === null ? {} : { states });
    if (trials.length >= nTrials) study.stop();
  };
}
