import type { TrialState } from '../../../core/study/frozen-trial.ts';
import type { RunEvent } from '../../engine/run-contract.ts';
import type { RunPlan } from './base.ts';
import { estimateRemainingTime, type RemainingTime } from './remaining-time.ts';

/** A trial that is training now. */
export interface RunningTrial {
  readonly number: number;
  readonly startedAtMs: number;
  /** 0, 1, 2 … the epoch in progress. */
  epoch: number;
  /** Batches done in that epoch, of `stepsPerEpoch`; 0 of 0 until the first is done. */
  step: number;
  stepsPerEpoch: number;
  /** The latest reported value, or null. */
  value: number | null;
}

/** What the events of a run add up to, for views that draw all of it at once. */
export class RunState {
  readonly #plan: RunPlan;
  readonly #startedAtMs: number;
  readonly #completeMs: number[] = [];
  readonly #prunedMs: number[] = [];
  readonly #running = new Map<number, RunningTrial>();
  #finishedBefore = 0;

  /** Work on the data set under way, or null. */
  datasetProgress: { readonly phase: string; readonly done: number; readonly total: number } | null = null;
  studyIsReady = false;
  jobs = 1;
  nPruned = 0;
  nFailed = 0;
  /** Trials that finished in this run. */
  nFinished = 0;
  best: { readonly number: number; readonly value: number } | null = null;

  constructor(plan: RunPlan, nowMs: number) {
    this.#plan = plan;
    this.#startedAtMs = nowMs;
  }

  /** Running trials by number. */
  get running(): readonly RunningTrial[] {
    return [...this.#running.values()].sort((a, b) => a.number - b.number);
  }

  /** Finished trials of the study, those of earlier runs included. */
  get finishedTrials(): number {
    return this.#finishedBefore + this.nFinished;
  }

  /** Share of the study that is done, 0…1; running trials count by their epochs. */
  get share(): number {
    const partial = this.running.reduce((sum, trial) => sum + this.shareOf(trial), 0);
    return Math.min((this.finishedTrials + partial) / this.#plan.nTrials, 1);
  }

  /** Share of a running trial that is done, 0…1. */
  shareOf(trial: RunningTrial): number {
    const inEpoch = trial.stepsPerEpoch === 0 ? 0 : trial.step / trial.stepsPerEpoch;
    return Math.min((trial.epoch + inEpoch) / this.#plan.epochs, 1);
  }

  apply(event: RunEvent, nowMs: number): void {
    switch (event.type) {
      case 'dataset-progress':
        this.datasetProgress = event;
        break;
      case 'dataset-ready':
        this.datasetProgress = null;
        break;
      case 'study-ready':
        this.studyIsReady = true;
        this.datasetProgress = null;
        this.#finishedBefore = event.finishedTrials;
        this.jobs = event.jobs;
        break;
      case 'trial-started':
        this.datasetProgress = null;
        this.#running.set(event.number, {
          number: event.number,
          startedAtMs: nowMs,
          epoch: event.doneEpochs,
          step: 0,
          stepsPerEpoch: 0,
          value: null,
        });
        break;
      case 'trial-progress':
        this.#progress(event.number, event.epoch, event.step, event.stepsPerEpoch);
        break;
      case 'trial-reported':
        this.#reported(event.number, event.epoch, event.value);
        break;
      case 'trial-finished':
        this.#finished(event.number, event.state, event.durationMs);
        if (event.isBest && event.value !== null) this.best = { number: event.number, value: event.value };
        break;
      case 'trial-waiting':
        this.#running.delete(event.number);
        break;
      case 'backend':
      case 'storage-waiting':
      case 'storage-ready':
      case 'warning':
        break;
    }
  }

  /** See {@link estimateRemainingTime}; a time limit ends the range. Null while it cannot be told. */
  remainingTime(nowMs: number): RemainingTime | null {
    const running = [...this.#running.values()];
    const remaining = estimateRemainingTime({
      completeMs: this.#completeMs,
      prunedMs: this.#prunedMs,
      runningMs: running.map((trial) => nowMs - trial.startedAtMs),
      notStarted: Math.max(this.#plan.nTrials - this.finishedTrials - running.length, 0),
      jobs: this.jobs,
      pruningStartsAfter: this.#plan.pruningStartsAfter,
    });
    if (remaining === null || this.#plan.timeoutS === null) return remaining;
    const limitMs = Math.max(this.#startedAtMs + this.#plan.timeoutS * 1000 - nowMs, 0);
    return { lowMs: Math.min(remaining.lowMs, limitMs), highMs: Math.min(remaining.highMs, limitMs) };
  }

  #progress(number: number, epoch: number, step: number, stepsPerEpoch: number): void {
    const trial = this.#running.get(number);
    if (trial === undefined) return;
    trial.epoch = epoch;
    trial.step = step;
    trial.stepsPerEpoch = stepsPerEpoch;
  }

  #reported(number: number, epoch: number, value: number): void {
    const trial = this.#running.get(number);
    if (trial === undefined) return;
    trial.value = value;
    trial.epoch = epoch + 1;
    trial.step = 0;
  }

  #finished(number: number, state: TrialState, durationMs: number): void {
    this.#running.delete(number);
    this.nFinished++;
    if (state === 'COMPLETE') this.#completeMs.push(durationMs);
    if (state === 'PRUNED') {
      this.nPruned++;
      this.#prunedMs.push(durationMs);
    }
    // How long a failed trial took says nothing of the others.
    if (state === 'FAIL') this.nFailed++;
  }
}
