import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';
import type { TrialTemplate } from '../storage/base.ts';
import { isFinished, type TrialState } from './frozen-trial.ts';

/** What {@link createTrial} needs to be told; everything has a default. */
export interface TrialParts {
  /** COMPLETE unless given. */
  readonly state?: TrialState;
  /** One value an objective, or a number where there is one objective. */
  readonly values?: readonly number[] | number | null;
  /** External values; each needs a distribution of the same name. */
  readonly params?: Readonly<Record<string, ParamValue>>;
  readonly distributions?: Readonly<Record<string, Distribution>>;
  /** Reported value by step. */
  readonly intermediateValues?: ReadonlyMap<number, number>;
  readonly userAttrs?: JsonObject;
  readonly systemAttrs?: JsonObject;
}

/**
 * Make a trial to be put into a study with `Study.addTrial`. Optuna: `optuna.trial.create_trial`.
 *
 * It counts as started now unless it is WAITING, and as ended now where its state is a finished one.
 *
 * @throws {InvalidInputError} where parts contradict each other.
 */
export function createTrial(parts: TrialParts): TrialTemplate {
  const { state = 'COMPLETE', params = {}, distributions = {}, intermediateValues = new Map() } = parts;
  const values = typeof parts.values === 'number' ? [parts.values] : (parts.values ?? null);
  checkValues(state, values);
  checkParams(params, distributions);
  const now = new Date();
  return {
    state,
    values,
    params,
    distributions: new Map(Object.entries(distributions)),
    intermediateValues: new Map([...intermediateValues].sort(([a], [b]) => a - b)),
    userAttrs: parts.userAttrs ?? {},
    systemAttrs: parts.systemAttrs ?? {},
    datetimeStart: state === 'WAITING' ? null : now,
    datetimeComplete: isFinished(state) ? now : null,
  };
}

function checkValues(state: TrialState, values: readonly number[] | null): void {
  if (state === 'COMPLETE' && values === null) {
    throw new InvalidInputError(
      'values',
      'values is missing, but a COMPLETE trial needs one value an objective.',
    );
  }
  if (state === 'FAIL' && values !== null) {
    throw new InvalidInputError('values', 'values is given, but a FAIL trial has none.');
  }
  if (values?.some(Number.isNaN))
    throw new InvalidInputError('values', 'values holds NaN, which no trial may have.');
}

function checkParams(
  params: Readonly<Record<string, ParamValue>>,
  distributions: Readonly<Record<string, Distribution>>,
): void {
  for (const name of new Set([...Object.keys(params), ...Object.keys(distributions)])) {
    const distribution = distributions[name];
    const value = params[name];
    if (distribution === undefined || value === undefined) {
      throw new InvalidInputError(name, `The parameter '${name}' needs both a value and a distribution.`);
    }
    if (!distribution.contains(distribution.toInternalRepr(value))) {
      throw new InvalidInputError(
        name,
        `The value ${String(value)} of '${name}' is outside its distribution.`,
      );
    }
  }
}
