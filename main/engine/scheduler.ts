import { HoneError, InvalidInputError, StorageError } from '../../core/base/errors.ts';
import { type DeclarativeSpace, suggestAll } from '../../core/search-space/search-space.ts';
import { type FrozenTrial, isFinished } from '../../core/study/frozen-trial.ts';
import { recoverTrials } from './recovery.ts';
import type { RunContext } from './run-context.ts';
import { earlierDurationMs, failTrial, putTrialBack, reportForeignEnd } from './trial-end.ts';
import { TrialPolicy } from './trial-policy.ts';
import { TrialRunner } from './trial-runner.ts';
import { reportedEpochs } from './trial-job.ts';

/** Why a run stops before its total. */
export interface RunStop {
  readonly cause: 'timeout' | 'interrupted' | 'paused';
  /** One sentence for people where a fault paused the study, else null. */
  readonly reason: string | null;
}

/** What a scheduler is to reach, and with what. */
export interface SchedulerGoal {
  /** Finished trials in all, those of earlier runs and other programs included. */
  readonly nTrials: number;
  /** Trials at the same time. */
  readonly jobs: number;
}

/**
 * Runs trials until the study has its total: one lane a job, each taking the next trial when it is free. Trials are
 * asked for one at a time, so that the sampler's draws have an order.
 */
export class Scheduler {
  readonly #context: RunContext;
  readonly #space: DeclarativeSpace;
  readonly #goal: SchedulerGoal;
  readonly #policy: TrialPolicy;
  readonly #running = new Set<TrialRunner>();
  /** Asking for a trial waits for the one before. */
  #turn: Promise<unknown> = Promise.resolve();
  #stop: RunStop | null = null;
  #defect: Error | null = null;

  constructor(context: RunContext, space: DeclarativeSpace, goal: SchedulerGoal) {
    this.#context = context;
    this.#space = space;
    this.#goal = goal;
    this.#policy = new TrialPolicy(context, (reason) => this.stop({ cause: 'paused', reason }));
  }

  /**
   * Run until the total is reached or the run is stopped, and no trial is at work any more.
   *
   * @returns why it stopped before the total, or null.
   * @throws what is a defect rather than a fault of storage, trainer or input.
   */
  async run(): Promise<RunStop | null> {
    await Promise.all(Array.from({ length: this.#goal.jobs }, async () => this.#runLane()));
    if (this.#defect !== null) throw this.#defect;
    return this.#stop;
  }

  /** Start no more trials; running ones stop at their next batch and go back to WAITING. The first cause stays. */
  stop(stop: RunStop): void {
    if (this.#stop !== null) return;
    this.#stop = stop;
    for (const runner of this.#running) runner.interrupt();
  }

  /** End what {@link stop} has asked to end; what the epochs in progress have done is lost. */
  stopNow(): void {
    for (const runner of this.#running) runner.interruptNow();
  }

  async #runLane(): Promise<void> {
    try {
      for (;;) {
        const trial = await this.#takeTurn(async () => this.#nextTrial());
        if (trial === null) return;
        await this.#runTrial(trial);
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  /** The next trial with all its parameters, durable; null where there is none to start. */
  async #nextTrial(): Promise<FrozenTrial | null> {
    const { study, records } = this.#context;
    for (;;) {
      if (this.#stop !== null) return null;
      for (const { number } of await recoverTrials(study.storage, records, study.studyId)) {
        this.#context.emit({ type: 'trial-waiting', number, reason: 'the process that ran it is gone' });
      }
      if ((await this.#countTaken()) >= this.#goal.nTrials) return null;
      const trial = await study.ask();
      try {
        suggestAll(trial, this.#space);
        await trial.flush();
        return trial.freeze();
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        // An enqueued trial may hold anything; the study is not to blame for it.
        const failure = { code: 'internal', message: error.message } as const;
        await failTrial(this.#context, trial.trialId, failure, Date.now());
        this.#policy.countFault(error.message);
      }
    }
  }

  /** Trials that the total counts: finished ones, and those that a live process of Hone is working on. */
  async #countTaken(): Promise<number> {
    const { study, records } = this.#context;
    const trials = await study.getTrials();
    const owners = await records.listOwners();
    const finished = trials.filter((trial) => isFinished(trial.state)).length;
    return finished + owners.filter((owned) => owned.studyId === study.studyId).length;
  }

  async #runTrial(trial: FrozenTrial): Promise<void> {
    const startedMs = Date.now() - (await earlierDurationMs(this.#context, trial));
    const { number, params } = trial;
    this.#context.emit({ type: 'trial-started', number, params, doneEpochs: reportedEpochs(trial) });
    const runner = new TrialRunner(this.#context, trial);
    this.#running.add(runner);
    try {
      if (this.#stop !== null) runner.interrupt();
      const verdict = await runner.run();
      await this.#policy.settle(trial, verdict, startedMs, this.#stop);
    } catch (error) {
      if (await this.#endedElsewhere(trial, error, startedMs)) return;
      this.#fault(error);
      await this.#putBackAfterFault(trial);
    } finally {
      this.#running.delete(runner);
    }
  }

  /** Another program, a dashboard say, may end a trial that runs here: that is no fault, and the next one follows. */
  async #endedElsewhere(trial: FrozenTrial, error: unknown, startedMs: number): Promise<boolean> {
    if (!(error instanceof HoneError) || error instanceof StorageError) return false;
    const { state } = await this.#context.study.storage.getTrial(trial.trialId);
    if (!isFinished(state)) return false;
    await reportForeignEnd(this.#context, trial.number, startedMs);
    return true;
  }

  /** Where even this fails, the end of the run tries again, and after it the next start. */
  async #putBackAfterFault(trial: FrozenTrial): Promise<void> {
    try {
      await putTrialBack(
        this.#context,
        trial.trialId,
        trial.number,
        this.#stop?.reason ?? 'the run was stopped',
      );
    } catch (error) {
      this.#fault(error);
    }
  }

  /** A fault of storage or disk pauses the study; anything else is a defect, and is thrown when all lanes ended. */
  #fault(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isExpected = error instanceof HoneError || (error instanceof Error && 'syscall' in error);
    if (!isExpected) this.#defect ??= error instanceof Error ? error : new Error(reason);
    this.stop({ cause: 'paused', reason });
  }

  async #takeTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}
