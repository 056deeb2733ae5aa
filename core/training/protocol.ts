import type { DecodedCacheInfo } from '../dataset/base.ts';
import type { BackendName } from './backends/base.ts';
import type { TrainingConfig } from './config.ts';

/**
 * Every message between the engine and a trainer process, over child-process IPC.
 *
 * A trainer runs one trial at a time. The engine answers each `epoch` with `continue` or `prune`; the trainer
 * waits for it, so that a report is durable and judged before training goes on.
 */

/** Metrics of one epoch, validation ones unless named otherwise. Ratios are 0…1. */
export interface EpochMetrics {
  /** 0, 1, 2 … */
  readonly epoch: number;
  /** Mean over the epoch's images, each before the step that it took part in; with label smoothing. */
  readonly trainLoss: number;
  /** Of the epoch's last step. */
  readonly lr: number;
  readonly validation: EvaluationMetrics;
  readonly trainMs: number;
  readonly validationMs: number;
}

/** What a pass over a part of the data gives. */
export interface EvaluationMetrics {
  /** Mean cross-entropy without label smoothing. */
  readonly loss: number;
  readonly accuracy: number;
  readonly precisionMicro: number;
  readonly recallMicro: number;
  readonly f1Micro: number;
  readonly precisionMacro: number;
  readonly recallMacro: number;
  readonly f1Macro: number;
  readonly perClass: readonly ClassMetrics[];
  /** [true class][predicted class] counts. */
  readonly confusion: ReadonlyArray<readonly number[]>;
  readonly imageCount: number;
}

/** True positives, false positives and false negatives of one class. */
export interface ClassMetrics {
  readonly name: string;
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** All that a trainer needs for one trial; a dataset is named by files, never sent. */
export interface TrialJob {
  readonly trialId: number;
  readonly number: number;
  readonly config: TrainingConfig;
  /** Of weights, order and augmentation. Unsigned 32-bit. */
  readonly seed: number;
  readonly dataset: DecodedCacheInfo;
  /** Folder of this trial's checkpoints and predictions; exists. */
  readonly folder: string;
  /** Epochs already reported and durable: 0 at first, n after a resume. */
  readonly reportedEpochs: number;
  /** The best objective value so far is the trainer's to find: an expression over the metrics. */
  readonly objective: string;
  readonly direction: 'minimize' | 'maximize';
}

/** Engine to trainer. */
export type TrainerRequest =
  /** Starts, or carries on from the checkpoint in the job's folder where there is one. */
  | { readonly type: 'start'; readonly job: TrialJob }
  | { readonly type: 'continue'; readonly trialId: number }
  | { readonly type: 'prune'; readonly trialId: number }
  /** Stop at the next batch, write a checkpoint, answer `interrupted`. */
  | { readonly type: 'interrupt'; readonly trialId: number }
  /** Score the test part with the best checkpoint in the job's folder, answer `evaluated`. */
  | { readonly type: 'evaluate'; readonly job: TrialJob }
  | { readonly type: 'exit' };

/** Trainer to engine. */
export type TrainerEvent =
  | {
      readonly type: 'ready';
      readonly backend: BackendName;
      readonly description: string;
      readonly pid: number;
    }
  | {
      readonly type: 'progress';
      readonly trialId: number;
      readonly epoch: number;
      /** Batches done in this epoch, of `stepsPerEpoch`. */
      readonly step: number;
      readonly stepsPerEpoch: number;
      readonly loss: number;
    }
  /** The checkpoint of this epoch is on disk. `value` is the objective's. NaN where it is not a number. */
  | {
      readonly type: 'epoch';
      readonly trialId: number;
      readonly epoch: number;
      readonly value: number;
      readonly metrics: EpochMetrics;
    }
  /** All epochs are done, or the answer was `prune`. The trainer is free again. */
  | { readonly type: 'finished'; readonly trialId: number; readonly bestEpoch: number | null }
  | { readonly type: 'interrupted'; readonly trialId: number }
  | { readonly type: 'evaluated'; readonly trialId: number; readonly metrics: EvaluationMetrics }
  | { readonly type: 'failed'; readonly trialId: number; readonly failure: TrainingFailure };

/** Why a trial could not go on, for programs and for people. */
export interface TrainingFailure {
  readonly code:
    | 'out-of-memory'
    | 'not-a-number'
    | 'dataset-changed'
    | 'disk-full'
    | 'checkpoint'
    | 'internal';
  /** One sentence with the numbers, such as the epoch and the learning rate. */
  readonly message: string;
}
