import { HoneError, InvalidInputError, StorageError } from '../../core/base/errors.ts';
import type { TrialOwner } from '../../core/storage/run-records.ts';
import { isFinished } from '../../core/study/frozen-trial.ts';
import { trainingConfig } from '../../core/training/config.ts';
import type { EvaluationMetrics } from '../../core/training/protocol.ts';
import { DiskReserve } from './disk-reserve.ts';
import { chooseJobCount, type JobResources } from './job-count.ts';
import { currentOwner } from './owner.ts';
import { releaseOwnTrials } from './recovery.ts';
import type { RunContext } from './run-context.ts';
import type { DatasetSummary, RunEvent, RunRequest, RunResult } from './run-contract.ts';
import { describeOddDirection, planRun, type RunPlan } from './run-plan.ts';
import { type PreparedRun, prepareRun } from './run-preparation.ts';
import { type RunStop, Scheduler } from './scheduler.ts';
import { keptTestScore, scoreTestPart } from './test-score.ts';
import { type TrainerLimits, TrainerPool } from './trainer-pool.ts';

/** What a run has to work with. */
export interface RunEnvironment {
  /** File that trainer processes run. */
  readonly trainerEntry: URL;
  readonly trainerLimits: TrainerLimits;
  readonly resources: JobResources;
}

/** A run that is to stop at once waits this long for a locked database before it leaves its trials to the next start. */
const LAST_WRITES_MS = 2000;
/** Longest delay that timers take. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One run of a study, from the request to the result. */
export class StudyRunner {
  readonly #request: RunRequest;
  readonly #emit: (event: RunEvent) => void;
  readonly #environment: RunEnvironment;
  readonly #pool: TrainerPool;
  readonly #stopped = new AbortController();
  readonly #giveUp = new AbortController();
  #scheduler: Scheduler | null = null;
  #dataset: DatasetSummary | null = null;
  #backend: string | null = null;
  #stop: RunStop | null = null;

  /** @param onEvent must not throw. */
  constructor(request: RunRequest, onEvent: (event: RunEvent) => void, environment: RunEnvironment) {
    this.#request = request;
    this.#environment = environment;
    this.#emit = (event) => {
      if (event.type === 'dataset-ready') this.#dataset = event.dataset;
      onEvent(event);
    };
    this.#pool = new TrainerPool(environment.trainerEntry, environment.trainerLimits, (ready) => {
      if (this.#backend !== null) return;
      this.#backend = ready.backend;
      onEvent({ type: 'backend', name: ready.backend, description: ready.description });
    });
  }

  /**
   * Run the study to its total, or until it is stopped.
   *
   * @throws {InvalidInputError} where nothing was started.
   */
  async run(): Promise<RunResult> {
    const plan = planRun(this.#request);
    const owner = await currentOwner();
    const timer = this.#startTimer();
    try {
      const { stopped, giveUp } = { stopped: this.#stopped.signal, giveUp: this.#giveUp.signal };
      const parts = { owner, pool: this.#pool, emit: this.#emit, stopped, giveUp };
      const prepared = await prepareRun(this.#request, plan, parts);
      return await this.#runPrepared(prepared, plan, owner, timer);
    } catch (error) {
      // What a stop cancels, a scan say, fails with the signal's reason.
      if (this.#stop === null || error !== this.#stopped.signal.reason) throw error;
      return this.#result(null);
    } finally {
      clearTimeout(timer);
      await this.#pool.kill();
    }
  }

  /** Start nothing more; running trials stop at the next batch and go back to WAITING. The first cause stays. */
  stop(stop: RunStop): void {
    this.#stop ??= stop;
    this.#stopped.abort();
    this.#scheduler?.stop(stop);
  }

  /** As {@link stop}, but trainers are ended at once. */
  stopNow(stop: RunStop): void {
    this.stop(stop);
    this.#scheduler?.stopNow();
    void this.#pool.kill();
    setTimeout(() => this.#giveUp.abort(), LAST_WRITES_MS).unref();
  }

  async #runPrepared(
    { context, storage, recoveredTrials }: PreparedRun,
    plan: RunPlan,
    owner: TrialOwner,
    timer: NodeJS.Timeout | undefined,
  ): Promise<RunResult> {
    const { study, records, paths } = context;
    let testMetrics: EvaluationMetrics | null = null;
    let reserve: DiskReserve | null = null;
    try {
      reserve = await DiskReserve.take(paths.reserve);
      await records.setRunStatus(study.studyId, 'running', null);
      await this.#schedule(context, plan, recoveredTrials);
      clearTimeout(timer);
      testMetrics = await this.#score(context);
    } catch (error) {
      // Wrong input is found before a trial is started, and is said as such.
      if (!(error instanceof HoneError) || error instanceof InvalidInputError) throw error;
      this.stop({ cause: 'paused', reason: error.message });
    } finally {
      await this.#pool.kill();
      await reserve?.release();
      await this.#leave(context, owner);
      await storage.close();
    }
    return this.#result(testMetrics);
  }

  async #schedule(context: RunContext, plan: RunPlan, recoveredTrials: readonly number[]): Promise<void> {
    const { study, pool, dataset, emit } = context;
    const trials = await study.getTrials();
    const finishedTrials = trials.filter((trial) => isFinished(trial.state)).length;
    const waitingTrials = trials.filter((trial) => trial.state === 'WAITING').length;
    const trialsLeft = Math.max(0, this.#request.nTrials - finishedTrials);
    const jobs = chooseJobCount(this.#request.jobs, trialsLeft, this.#environment.resources);
    if (trialsLeft > 0 && this.#stop === null) {
      // Trainers start while the images are decoded; both take about as long.
      pool.warm(jobs);
      const { imageHeight, imageWidth } = trainingConfig({}, context.config.fixed, context.config.epochs);
      if (!plan.variesImageSize) await dataset.cacheFor(imageHeight, imageWidth);
    }
    const { studyName } = study;
    emit({ type: 'study-ready', studyName, finishedTrials, recoveredTrials, waitingTrials, jobs });
    if (trialsLeft === 0 || this.#stop !== null) return;
    const oddity = describeOddDirection(this.#request);
    if (oddity !== null) emit({ type: 'warning', message: oddity });
    const scheduler = new Scheduler(context, plan.space, { nTrials: this.#request.nTrials, jobs });
    this.#scheduler = scheduler;
    this.#stop ??= await scheduler.run();
  }

  /** The test part is scored when the study has its total; otherwise what an earlier run found is told. */
  async #score(context: RunContext): Promise<EvaluationMetrics | null> {
    return this.#stop === null ? scoreTestPart(context) : keptTestScore(context);
  }

  /** Leave the file in order. Where it cannot be written, the next start finds our trials and does the same. */
  async #leave({ study, records, emit }: RunContext, owner: TrialOwner): Promise<void> {
    try {
      for (const trialId of await releaseOwnTrials(records, study.studyId, owner)) {
        const { number } = await study.storage.getTrial(trialId);
        emit({ type: 'trial-waiting', number, reason: this.#stop?.reason ?? 'the run was stopped' });
      }
      const status = this.#stop === null ? 'finished' : 'paused';
      await records.setRunStatus(study.studyId, status, this.#stop?.reason ?? null);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      emit({ type: 'warning', message: `The end of the run could not be written: ${error.message}` });
    }
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const { timeoutS } = this.#request;
    if (timeoutS === null) return undefined;
    const delayMs = Math.min(timeoutS * 1000, MAX_DELAY_MS);
    return setTimeout(() => this.stop({ cause: 'timeout', reason: null }), delayMs);
  }

  #result(testMetrics: EvaluationMetrics | null): RunResult {
    return {
      outcome: this.#stop?.cause ?? 'finished',
      reason: this.#stop?.reason ?? null,
      testMetrics,
      backend: this.#backend,
      dataset: this.#dataset ?? emptySummary(),
    };
  }
}

/** Of a run that was stopped before its images were known. */
function emptySummary(): DatasetSummary {
  const split = { train: 0, validation: 0, test: 0 };
  const sizes = { imageHeight: 0, imageWidth: 0 };
  return { images: 0, classes: [], unreadable: [], split, shape: 'unknown', warnings: [], ...sizes };
}
