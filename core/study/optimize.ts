import { HoneError, InvalidInputError, TrialPruned } from '../base/errors.ts';
import { logInfo, logWarning } from '../base/logging.ts';
import { type FrozenTrial, isFinished } from './frozen-trial.ts';
import type { Study } from './study.ts';
import { type ObjectiveValue, type TellOptions, tellTrial } from './tell.ts';
import type { Trial } from './trial.ts';

/** What is to be optimized: suggests, reports, and gives one value an objective. */
export type Objective = (trial: Trial) => ObjectiveValue | Promise<ObjectiveValue>;

/** Called with every trial that `optimize` has finished. */
export type StudyCallback = (study: Study, trial: FrozenTrial) => void | Promise<void>;

/** A class of errors, as `instanceof` takes it. */
type ErrorClass = abstract new (...args: never[]) => unknown;

/** How long, how many at once, and what to forgive. */
export interface OptimizeOptions {
  /**
   * Stop when the study has so many finished trials in all; without limit unless given.
   *
   * Differs from Optuna: `n_trials` there counts the trials of one call. A total makes the same program, started
   * again after an interruption, carry on to the end instead of beginning anew. Where several processes work at one
   * study, each may add the trials that it has under way when the total is reached.
   */
  readonly nTrials?: number;
  /** Start no trial after so many seconds. */
  readonly timeoutS?: number;
  /**
   * Trials at the same time; 1 unless given.
   *
   * Differs from Optuna: these are promises in one thread, not threads, and the sampler is not seeded anew.
   */
  readonly nJobs?: number;
  /** Called one after the other when a trial has finished. */
  readonly callbacks?: readonly StudyCallback[];
  /** Errors that fail their trial and let the run go on; any other error ends it. */
  readonly catch?: readonly ErrorClass[];
  /** Start no trial after this is aborted; trials under way are awaited. */
  readonly signal?: AbortSignal;
}

/** A run of {@link Study.optimize}. */
export class Optimization {
  readonly #study: Study;
  readonly #objective: Objective;
  readonly #options: OptimizeOptions;
  readonly #deadlineMs: number;
  #underWay = 0;
  #stopped = false;

  /** @throws {InvalidInputError} where an option is out of its range. */
  constructor(study: Study, objective: Objective, options: OptimizeOptions) {
    requireWhole('nTrials', options.nTrials, 0);
    requireWhole('nJobs', options.nJobs, 1);
    if (options.timeoutS !== undefined && !(options.timeoutS >= 0)) {
      throw new InvalidInputError('timeoutS', `timeoutS is ${options.timeoutS}, but it must be 0 or more.`);
    }
    this.#study = study;
    this.#objective = objective;
    this.#options = options;
    this.#deadlineMs = performance.now() + (options.timeoutS ?? Number.POSITIVE_INFINITY) * 1000;
  }

  /** Start no more trials. */
  stop(): void {
    this.#stopped = true;
  }

  /** Run until the end. @throws the first error that no `catch` forgives, when all trials under way have ended. */
  async run(): Promise<void> {
    const jobs = Array.from({ length: this.#options.nJobs ?? 1 }, () => this.#runJob());
    const outcomes = await Promise.allSettled(jobs);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #runJob(): Promise<void> {
    try {
      while (await this.#mayStart()) {
        try {
          const trial = await this.#runTrial();
          for (const callback of this.#options.callbacks ?? []) await callback(this.#study, trial);
        } finally {
          this.#underWay -= 1;
        }
      }
    } catch (error) {
      this.#stopped = true;
      throw error;
    }
  }

  /** Takes a place among the trials under way where it says true. */
  async #mayStart(): Promise<boolean> {
    const { nTrials } = this.#options;
    const finished = nTrials === undefined ? 0 : await this.#countFinished();
    if (this.#stopped || this.#options.signal?.aborted || performance.now() >= this.#deadlineMs) return false;
    if (nTrials !== undefined && finished + this.#underWay >= nTrials) return false;
    this.#underWay += 1;
    return true;
  }

  async #countFinished(): Promise<number> {
    return (await this.#study.getTrials({ states: ['COMPLETE', 'PRUNED', 'FAIL'] })).length;
  }

  async #runTrial(): Promise<FrozenTrial> {
    const trial = await this.#study.ask();
    let values: ObjectiveValue = null;
    let options: TellOptions = {};
    let failure: { readonly error: unknown } | null = null;
    try {
      values = await this.#objective(trial);
    } catch (error) {
      options = { state: error instanceof TrialPruned ? 'PRUNED' : 'FAIL' };
      if (options.state === 'FAIL') failure = { error };
    }
    const told = await this.#tell(trial, values, options);
    logEnd(
      told.trial,
      failure === null ? told.problem : String(failure.error),
      trial.lastPruneDecision?.reason,
    );
    if (failure !== null && !this.#forgives(failure.error)) throw failure.error;
    return told.trial;
  }

  /**
   * Differs from Optuna: where the values cannot be told (text that reads as a number), the trial ends as FAIL before
   * the error goes on; Optuna leaves it RUNNING for ever.
   */
  async #tell(trial: Trial, values: ObjectiveValue, options: TellOptions) {
    try {
      return await tellTrial(this.#study, trial.trialId, values, options);
    } catch (error) {
      const { state } = await this.#study.storage.getTrial(trial.trialId);
      if (error instanceof InvalidInputError && !isFinished(state)) {
        await tellTrial(this.#study, trial.trialId, null, { state: 'FAIL' });
      }
      throw error;
    }
  }

  #forgives(error: unknown): boolean {
    return (this.#options.catch ?? []).some((errorClass) => error instanceof errorClass);
  }
}

/** `Study.stop` or a nested `Study.optimize` where it does not belong. */
export function misuse(message: string): HoneError {
  return new HoneError('misuse', message);
}

function logEnd(trial: FrozenTrial, problem: string | null, pruneReason: string | undefined): void {
  const params = JSON.stringify(trial.params);
  if (trial.state === 'COMPLETE') {
    logInfo(
      `Trial ${trial.number} finished with values ${JSON.stringify(trial.values)} and parameters ${params}.`,
    );
  } else if (trial.state === 'PRUNED') {
    logInfo(`Trial ${trial.number} pruned${pruneReason === undefined ? '' : `: ${pruneReason}`}.`);
  } else {
    logWarning(`Trial ${trial.number} failed with parameters ${params}: ${problem ?? 'no reason was given'}`);
  }
}

function requireWhole(field: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new InvalidInputError(field, `${field} is ${value}, but it must be a whole number from ${least} on.`);
}
