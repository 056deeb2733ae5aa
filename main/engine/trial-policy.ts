import { rm } from 'node:fs/promises';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import type { TrainingFailure } from '../../core/training/protocol.ts';
import { trialFolder } from './paths.ts';
import type { RunContext } from './run-context.ts';
import type { RunStop } from './scheduler.ts';
import { completeTrial, failTrial, pruneTrial, putTrialBack } from './trial-end.ts';
import { BATCH_SIZE_KEY, trialTrainingConfig } from './trial-job.ts';
import type { TrialVerdict } from './trial-runner.ts';

/** A trial whose trainer dies this often without finishing an epoch in between has failed. */
const MAX_LOSSES_WITHOUT_PROGRESS = 3;
/** After so many trials in a row that a fault ended, the fault is not theirs. */
const MAX_FAULTS_IN_A_ROW = 3;
/** After so many trainers in a row that did not even start, none will. */
const MAX_FAILED_STARTS = 3;

/**
 * What becomes of a trial when the work on it has ended: told, failed, or put back to be carried on; and when faults
 * have become so many that the study is paused.
 */
export class TrialPolicy {
  readonly #context: RunContext;
  readonly #pause: (reason: string) => void;
  /** Trainers lost since the trial's last epoch, by trial id. */
  readonly #losses = new Map<number, number>();
  /** Trials whose checkpoint could not be read and was thrown away, by id. */
  readonly #restarted = new Set<number>();
  #faultsInARow = 0;
  #failedStarts = 0;

  /** @param pause called where the study is to stop, with the reason as one sentence. */
  constructor(context: RunContext, pause: (reason: string) => void) {
    this.#context = context;
    this.#pause = pause;
  }

  /**
   * Write what a trial's end means.
   *
   * @param startedMs when the trial would have started had it run in one piece.
   * @param stop why the run stops, where it does.
   */
  async settle(
    trial: FrozenTrial,
    verdict: TrialVerdict,
    startedMs: number,
    stop: RunStop | null,
  ): Promise<void> {
    switch (verdict.kind) {
      case 'complete':
        this.#endedWell(trial);
        return completeTrial(this.#context, trial.trialId, startedMs);
      case 'pruned':
        this.#endedWell(trial);
        return pruneTrial(this.#context, trial.trialId, verdict.decision, startedMs);
      case 'interrupted':
        return this.#putBack(trial, stop?.reason ?? interruptionReason(stop));
      case 'lost':
        return this.#settleLoss(trial, verdict, startedMs);
      case 'failed':
        return this.#settleFailure(trial, verdict.failure, startedMs);
    }
  }

  /** A trial was ended by a fault that it may share with all others. */
  countFault(message: string): void {
    this.#faultsInARow++;
    if (this.#faultsInARow < MAX_FAULTS_IN_A_ROW) return;
    this.#pause(`${MAX_FAULTS_IN_A_ROW} trials in a row failed, the last one because ${lowerFirst(message)}`);
  }

  async #putBack(trial: FrozenTrial, reason: string): Promise<void> {
    await putTrialBack(this.#context, trial.trialId, trial.number, reason);
  }

  #endedWell(trial: FrozenTrial): void {
    this.#losses.delete(trial.trialId);
    this.#faultsInARow = 0;
    this.#failedStarts = 0;
  }

  async #settleLoss(
    trial: FrozenTrial,
    verdict: Extract<TrialVerdict, { kind: 'lost' }>,
    startedMs: number,
  ): Promise<void> {
    const { error, atWork, progressed } = verdict;
    const reason = `${upperFirst(error.message)}.`;
    if (!atWork) {
      this.#failedStarts++;
      await this.#putBack(trial, reason);
      if (this.#failedStarts >= MAX_FAILED_STARTS) {
        this.#pause(`No trainer can be started: ${error.message}.`);
      }
      return;
    }
    if (error.outOfMemory && (await this.#halveBatch(trial))) return;
    if (error.output.length > 0) {
      await this.#context.records.appendTrialLog(trial.trialId, error.output.join('\n'));
    }
    const losses = (progressed ? 0 : (this.#losses.get(trial.trialId) ?? 0)) + 1;
    this.#losses.set(trial.trialId, losses);
    if (losses < MAX_LOSSES_WITHOUT_PROGRESS) return this.#putBack(trial, reason);
    const message = `Its trainer was lost ${losses} times without finishing an epoch: ${error.message}.`;
    await failTrial(this.#context, trial.trialId, { code: 'internal', message }, startedMs);
    this.countFault(message);
  }

  async #settleFailure(trial: FrozenTrial, failure: TrainingFailure, startedMs: number): Promise<void> {
    switch (failure.code) {
      case 'disk-full':
      case 'dataset-changed':
        // Every other trial would meet the same; this one goes on when the cause is gone.
        await this.#putBack(trial, failure.message);
        this.#pause(failure.message);
        return;
      case 'out-of-memory':
        if (await this.#halveBatch(trial)) return;
        break;
      case 'checkpoint':
        if (await this.#startOver(trial, failure)) return;
        break;
      case 'not-a-number':
        this.#faultsInARow = 0;
        break;
      case 'internal':
        break;
    }
    await failTrial(this.#context, trial.trialId, failure, startedMs);
    if (failure.code !== 'not-a-number') this.countFault(failure.message);
  }

  /** Once a trial, with the same parameters. @returns false where it was halved before, or cannot be. */
  async #halveBatch(trial: FrozenTrial): Promise<boolean> {
    const { batchSize } = trialTrainingConfig(this.#context, trial);
    if (BATCH_SIZE_KEY in trial.userAttrs || batchSize < 2) return false;
    const half = Math.floor(batchSize / 2);
    await this.#context.study.storage.setTrialUserAttr(trial.trialId, BATCH_SIZE_KEY, half);
    const reason = `Memory ran out with a batch of ${batchSize} images; it goes on with ${half}.`;
    await this.#putBack(trial, reason);
    return true;
  }

  /** A checkpoint that cannot be read costs its epochs, not the trial. @returns false where it was tried before. */
  async #startOver(trial: FrozenTrial, failure: TrainingFailure): Promise<boolean> {
    if (this.#restarted.has(trial.trialId)) return false;
    this.#restarted.add(trial.trialId);
    const { paths, config } = this.#context;
    await rm(trialFolder(paths, config.trialsFolder, trial.number), { recursive: true, force: true });
    await this.#putBack(trial, `${failure.message} It starts over.`);
    return true;
  }
}

function interruptionReason(stop: RunStop | null): string {
  return stop?.cause === 'timeout' ? 'the time is up' : 'interrupted';
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function upperFirst(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
