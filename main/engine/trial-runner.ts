import { mkdir } from 'node:fs/promises';
import { InvalidInputError } from '../../core/base/errors.ts';
import type { JsonObject } from '../../core/base/json.ts';
import type { DecodedCacheInfo } from '../../core/dataset/base.ts';
import type { PruneDecision } from '../../core/pruners/base.ts';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import type { TrainingConfig } from '../../core/training/config.ts';
import type { EpochMetrics, TrainerEvent, TrainingFailure, TrialJob } from '../../core/training/protocol.ts';
import type { RunContext } from './run-context.ts';
import { TrainerLostError, type TrainerProcess } from './trainer-process.ts';
import { reportedEpochs, trialJob, trialTrainingConfig } from './trial-job.ts';

/** How the work on a trial came to its end; nothing of it is written yet. */
export type TrialVerdict =
  | { readonly kind: 'complete' }
  | { readonly kind: 'pruned'; readonly decision: PruneDecision }
  | { readonly kind: 'failed'; readonly failure: TrainingFailure }
  | { readonly kind: 'interrupted' }
  /** The trainer is gone. `atWork`: it had the trial. `progressed`: it reported an epoch of it before. */
  | {
      readonly kind: 'lost';
      readonly error: TrainerLostError;
      readonly atWork: boolean;
      readonly progressed: boolean;
    };

type EpochEvent = Extract<TrainerEvent, { type: 'epoch' }>;

/** Beyond this many classes an epoch's record leaves out the confusion matrix, which grows with their square. */
const MAX_RECORDED_CONFUSION_CLASSES = 64;

/**
 * One trial on one trainer: every epoch is made durable, then judged by the pruner, then answered. The order is
 * what makes a kill harmless: a trainer never goes on from an epoch that the file does not know.
 */
export class TrialRunner {
  readonly #context: RunContext;
  readonly #trial: FrozenTrial;
  #trainer: TrainerProcess | null = null;
  #stopping: 'no' | 'at-next-batch' | 'now' = 'no';
  /** The trainer has the job and has not said that it is done with it and well. */
  #working = false;
  #progressed = false;

  /** @param trial RUNNING, with all its parameters. */
  constructor(context: RunContext, trial: FrozenTrial) {
    this.#context = context;
    this.#trial = trial;
  }

  get number(): number {
    return this.#trial.number;
  }

  /**
   * Work until the trial is done, interrupted, or its trainer is lost.
   *
   * @throws {StorageError} where the file cannot be written.
   */
  async run(): Promise<TrialVerdict> {
    let config: TrainingConfig;
    try {
      config = trialTrainingConfig(this.#context, this.#trial);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return { kind: 'failed', failure: { code: 'internal', message: error.message } };
    }
    // Killed between a report and what follows from it: that is made up for before anything is trained.
    const nanEpoch = this.#trial.intermediateValues.entries().find(([, value]) => Number.isNaN(value))?.[0];
    if (nanEpoch !== undefined) return { kind: 'failed', failure: this.#notANumber(nanEpoch, config) };
    if (reportedEpochs(this.#trial) > 0) {
      const decision = await this.#judge();
      if (decision.prune) return { kind: 'pruned', decision };
    }
    try {
      return await this.#train(config);
    } catch (error) {
      if (!(error instanceof TrainerLostError)) throw error;
      if (error.kind === 'ended') return { kind: 'interrupted' };
      return { kind: 'lost', error, atWork: this.#trainer !== null, progressed: this.#progressed };
    }
  }

  /** Stop at the next batch with a checkpoint; a trainer that does not answer in time is ended. */
  interrupt(): void {
    if (this.#stopping !== 'no') return;
    this.#stopping = 'at-next-batch';
    const trainer = this.#trainer;
    if (trainer === null || !this.#working) return;
    trainer.send({ type: 'interrupt', trialId: this.#trial.trialId });
    const killer = setTimeout(() => {
      if (this.#working) void trainer.kill();
    }, this.#context.pool.limits.interruptMs);
    killer.unref();
  }

  /** Stop at once; what the epoch in progress has done is lost. */
  interruptNow(): void {
    this.#stopping = 'now';
    if (this.#trainer !== null && this.#working) void this.#trainer.kill();
  }

  async #train(config: TrainingConfig): Promise<TrialVerdict> {
    const cache = await this.#decodedImages(config);
    if (cache === null) return { kind: 'interrupted' };
    const job = trialJob(this.#context, this.#trial, config, cache);
    await mkdir(job.folder, { recursive: true });
    if (this.#stopping !== 'no') return { kind: 'interrupted' };
    const trainer = await this.#context.pool.acquire();
    this.#trainer = trainer;
    try {
      if (this.#isStopping()) return { kind: 'interrupted' };
      const verdict = await this.#converse(trainer, job);
      await this.#keepRemarks(trainer);
      return verdict;
    } finally {
      // A trainer in the middle of a trial would answer the next one with this one's messages, and one that failed
      // may have a heap that is full or worse.
      if (this.#working) await trainer.kill();
      this.#working = false;
      this.#context.pool.release(trainer);
    }
  }

  /** What the trainer had to remark, such as a checkpoint that it could not read, is kept with the trial. */
  async #keepRemarks(trainer: TrainerProcess): Promise<void> {
    const lines = trainer.takeOutput();
    if (lines.length === 0) return;
    await this.#context.records.appendTrialLog(this.#trial.trialId, lines.join('\n'));
  }

  /** Null where the work was cancelled because the run stops. */
  async #decodedImages(config: TrainingConfig): Promise<DecodedCacheInfo | null> {
    try {
      return await this.#context.dataset.cacheFor(config.imageHeight, config.imageWidth);
    } catch (error) {
      if (this.#isStopping()) return null;
      throw error;
    }
  }

  async #converse(trainer: TrainerProcess, job: TrialJob): Promise<TrialVerdict> {
    let decision: PruneDecision | null = null;
    let failure: TrainingFailure | null = null;
    this.#working = true;
    trainer.send({ type: 'start', job });
    for (;;) {
      const event = await trainer.next(this.#context.pool.limits.silenceMs);
      if (event.type === 'ready' || event.trialId !== job.trialId) {
        throw new TrainerLostError('protocol', `the trainer process sent ${event.type} out of turn`);
      }
      switch (event.type) {
        case 'progress':
          this.#tellProgress(event);
          break;
        case 'epoch':
          if (Number.isNaN(event.value)) failure = this.#notANumber(event.epoch, job.config);
          decision = await this.#reportAndAnswer(trainer, event);
          break;
        case 'finished':
          this.#working = false;
          if (failure !== null) return { kind: 'failed', failure };
          return decision?.prune === true ? { kind: 'pruned', decision } : { kind: 'complete' };
        case 'interrupted':
          this.#working = false;
          return { kind: 'interrupted' };
        case 'failed':
          this.#working = event.failure.code !== 'not-a-number';
          return { kind: 'failed', failure: event.failure };
        case 'evaluated':
          throw new TrainerLostError('protocol', 'the trainer process sent evaluated out of turn');
      }
    }
  }

  /** @returns the pruner's answer, or null where the trainer was told none. */
  async #reportAndAnswer(trainer: TrainerProcess, event: EpochEvent): Promise<PruneDecision | null> {
    const { trialId, epoch, value, metrics } = event;
    // An epoch that is repeated because its checkpoint was lost was reported and judged before.
    if (epoch < reportedEpochs(this.#trial)) {
      if (!this.#isStopping()) trainer.send({ type: 'continue', trialId });
      return null;
    }
    await this.#context.records.reportEpoch(trialId, value, { epoch, metrics: epochRecord(metrics) });
    this.#progressed = true;
    this.#context.emit({ type: 'trial-reported', number: this.number, epoch, value, metrics });
    const decision = Number.isNaN(value) ? null : await this.#judge();
    // A trainer that was asked to stop answers that instead; the judgement is made up for when it is resumed.
    if (this.#isStopping()) return null;
    const end = decision === null || decision.prune;
    trainer.send({ type: end ? 'prune' : 'continue', trialId });
    return decision;
  }

  /** Ask the pruner about the trial as the file has it. */
  async #judge(): Promise<PruneDecision> {
    const { study, pruner, config } = this.#context;
    const trials = await study.getTrials();
    const trial = trials[this.number];
    if (trial === undefined) throw new Error(`Trial ${this.number} is not in its study.`);
    return pruner.prune({ studyName: study.studyName, direction: config.direction, trials }, trial);
  }

  #notANumber(epoch: number, config: TrainingConfig): TrainingFailure {
    const { objective } = this.#context.config;
    const message = `The objective ${objective} is not a number at epoch ${epoch + 1}; a learning rate of ${config.lr} is probably too high.`;
    return { code: 'not-a-number', message };
  }

  #tellProgress(event: Extract<TrainerEvent, { type: 'progress' }>): void {
    const { epoch, step, stepsPerEpoch, loss } = event;
    this.#context.emit({ type: 'trial-progress', number: this.number, epoch, step, stepsPerEpoch, loss });
  }

  /** Asked across awaits, where the compiler would hold on to what it knew before. */
  #isStopping(): boolean {
    return this.#stopping !== 'no';
  }
}

/** Metrics as the file keeps them: numbers, texts and lists of them. */
function epochRecord(metrics: EpochMetrics): JsonObject {
  const { confusion, ...validation } = metrics.validation;
  if (confusion.length <= MAX_RECORDED_CONFUSION_CLASSES) return metrics as unknown as JsonObject;
  return { ...metrics, validation } as unknown as JsonObject;
}
