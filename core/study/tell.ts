import { HoneError, InvalidInputError } from '../base/errors.ts';
import type { AfterTrialAttrs } from '../samplers/base.ts';
import { type FrozenTrial, isFinished, lastStep, type TrialState } from './frozen-trial.ts';
import type { Study } from './study.ts';

/** What an objective may return or `tell` be given: one value an objective, or nothing. */
export type ObjectiveValue = number | readonly number[] | null | undefined;

/** States that a trial can be told to end in. */
export type ToldState = Extract<TrialState, 'COMPLETE' | 'PRUNED' | 'FAIL'>;

/** How to tell. */
export interface TellOptions {
  /** Where absent: COMPLETE where the values are usable, else FAIL. */
  readonly state?: ToldState;
  /** Do nothing where the trial is finished already. */
  readonly skipIfFinished?: boolean;
}

/** The trial after it was told, and why its values were not usable where they were not. */
export interface ToldTrial {
  readonly trial: FrozenTrial;
  readonly problem: string | null;
}

/** How a trial is to end. */
interface Ending {
  readonly state: ToldState;
  readonly values: readonly number[] | null;
  readonly problem: string | null;
}

/**
 * End a RUNNING trial. The sampler's attributes are written together with the end.
 *
 * @throws {HoneError} `not-running` where the trial is in another state.
 * @throws {InvalidInputError} where state and values contradict each other; the trial stays RUNNING.
 */
export async function tellTrial(
  study: Study,
  trialId: number,
  values: ObjectiveValue,
  options: TellOptions,
): Promise<ToldTrial> {
  const { storage } = study;
  const before = await storage.getTrial(trialId);
  if (isFinished(before.state) && options.skipIfFinished) return { trial: before, problem: null };
  if (before.state !== 'RUNNING') {
    throw new HoneError(
      'not-running',
      `Trial ${before.number} is ${before.state}, but only a RUNNING trial can be told.`,
    );
  }
  await study.flushTrial(trialId);
  const running = await storage.getTrial(trialId);
  const ending = decideEnding(running, study.directions.length, values, options.state);
  let attrs: AfterTrialAttrs = {};
  try {
    attrs = await askSampler(study, running, ending);
  } finally {
    // A sampler that throws must not leave the trial RUNNING.
    await storage.setTrialStateValues(trialId, ending.state, ending.values, attrs);
  }
  return { trial: await storage.getTrial(trialId), problem: ending.problem };
}

async function askSampler(study: Study, trial: FrozenTrial, ending: Ending): Promise<AfterTrialAttrs> {
  if (study.sampler.afterTrial === undefined) return {};
  const context = {
    studyName: study.studyName,
    directions: study.directions,
    trials: await study.getTrials(),
  };
  return study.sampler.afterTrial(context, trial, ending.state, ending.values);
}

function decideEnding(
  trial: FrozenTrial,
  nObjectives: number,
  told: ObjectiveValue,
  state: ToldState | undefined,
): Ending {
  if (state === 'PRUNED' || state === 'FAIL') {
    if (told !== null && told !== undefined) {
      throw new InvalidInputError('values', `Values were told, but a trial that is ${state} has none.`);
    }
    return { state, values: state === 'PRUNED' ? lastReported(trial, nObjectives) : null, problem: null };
  }
  // Callers without types can pass any state.
  if (state !== undefined && state !== 'COMPLETE')
    throw new InvalidInputError(
      'state',
      `The state ${String(state)} was told, but a trial ends as COMPLETE, PRUNED or FAIL.`,
    );
  const read = readValues(told, nObjectives);
  if (typeof read !== 'string') return { state: 'COMPLETE', values: read, problem: null };
  if (state === undefined) return { state: 'FAIL', values: null, problem: read };
  throw new InvalidInputError('values', read);
}

/** A pruned trial takes the value of its largest step, unless that is NaN. */
function lastReported(trial: FrozenTrial, nObjectives: number): readonly number[] | null {
  const step = lastStep(trial);
  const value = step === null ? undefined : trial.intermediateValues.get(step);
  return value === undefined || Number.isNaN(value) || nObjectives !== 1 ? null : [value];
}

/** The values as numbers, or a sentence that says why they are none. */
function readValues(told: ObjectiveValue, nObjectives: number): readonly number[] | string {
  const values: readonly unknown[] = Array.isArray(told) ? told : [told];
  const numbers: number[] = [];
  for (const value of values) {
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number !== 'number') {
      if (isNumericText(value)) {
        throw new InvalidInputError(
          'values',
          `The value ${JSON.stringify(value)} is text; tell the number itself.`,
        );
      }
      return `The value ${describe(value)} could not be cast to float.`;
    }
    if (Number.isNaN(number)) return 'The value NaN is not acceptable.';
    numbers.push(number);
  }
  if (numbers.length === nObjectives) return numbers;
  return `The number of the values ${numbers.length} did not match the number of the objectives ${nObjectives}.`;
}

function isNumericText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value));
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'string' ? JSON.stringify(value) : `of type ${typeof value}`;
}
