import type { JsonValue } from '../base/json.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';

/** States of a trial, in Optuna's words. */
export const TRIAL_STATES = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'] as const;

/** One of {@link TRIAL_STATES}. */
export type TrialState = (typeof TRIAL_STATES)[number];

/** Whether smaller or larger values are better. */
export type StudyDirection = 'minimize' | 'maximize';

/** True for the states that never change again: COMPLETE, PRUNED, FAIL. */
export function isFinished(state: TrialState): boolean {
  return state === 'COMPLETE' || state === 'PRUNED' || state === 'FAIL';
}

/** What a trial was at one moment: a copy that nothing changes. Optuna: `FrozenTrial`. */
export interface FrozenTrial {
  /** Unique in the storage. */
  readonly trialId: number;
  /** 0, 1, 2 … in the study. */
  readonly number: number;
  readonly state: TrialState;
  /** One value an objective; null until known. ±Infinity may occur, NaN never. */
  readonly values: readonly number[] | null;
  /** External values by name. Iterate `distributions` where the order of suggestion matters. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** By name, in the order of suggestion. */
  readonly distributions: ReadonlyMap<string, Distribution>;
  /** Reported value by step, in the order of the steps; NaN and ±Infinity may occur. */
  readonly intermediateValues: ReadonlyMap<number, number>;
  readonly userAttrs: Readonly<Record<string, JsonValue>>;
  readonly systemAttrs: Readonly<Record<string, JsonValue>>;
  /** Null while WAITING. */
  readonly datetimeStart: Date | null;
  /** Null until finished. */
  readonly datetimeComplete: Date | null;
}

/** The largest step with a reported value, or null. Optuna: `FrozenTrial.last_step`. */
export function lastStep(trial: FrozenTrial): number | null {
  let last: number | null = null;
  for (const step of trial.intermediateValues.keys()) if (last === null || step > last) last = step;
  return last;
}
