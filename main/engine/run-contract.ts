import type { JsonObject } from '../../core/base/json.ts';
import type { ParamValue } from '../../core/distributions/base.ts';
import type { PruneDecision } from '../../core/pruners/base.ts';
import type { StudyDirection, TrialState } from '../../core/study/frozen-trial.ts';
import type { EpochMetrics, EvaluationMetrics, TrainingFailure } from '../../core/training/protocol.ts';

/**
 * The border between the scheduler, which runs a study, and those who show it (command line, page).
 *
 * A run is started with a {@link RunRequest}, tells what happens as {@link RunEvent}s, and ends in a
 * {@link RunResult}.
 */

/** What to tune, complete and validated; kept with the study as user attribute `hone:config`. */
export interface RunRequest {
  /** Database file; made where it does not exist. */
  readonly storageFile: string;
  readonly studyName: string;
  /** Absolute path of the folder of images. */
  readonly datasetFolder: string;
  /** The declarative search space in the form of `core/search-space`. */
  readonly space: readonly JsonObject[];
  readonly sampler: { readonly name: 'tpe' | 'random'; readonly options: JsonObject };
  readonly pruner: { readonly name: 'none' | 'median' | 'percentile'; readonly options: JsonObject };
  /** Expression over the epoch's validation metrics, such as `precision + recall`. */
  readonly objective: string;
  readonly direction: StudyDirection;
  /** How many finished trials the study is to have in all. */
  readonly nTrials: number;
  readonly epochs: number;
  /** Start no trial and stop running ones after so many seconds; null: no limit. */
  readonly timeoutS: number | null;
  /** Trials at the same time; null: what the cores carry. */
  readonly jobs: number | null;
  /** Of sampler, split and training; null: drawn once and kept with the study. */
  readonly seed: number | null;
  /**
   * Values of hyperparameters that the space does not vary, by name (`model`, `image_size` …). An image size that is
   * neither here nor in the space is chosen from the images, and kept with the study.
   */
  readonly fixed: JsonObject;
  /** Shares of train, validation and test; they add up to 1. */
  readonly split: readonly [number, number, number];
}

/** What happened, in order. Anything a viewer shows can be rebuilt from the storage instead. */
export type RunEvent =
  | {
      readonly type: 'dataset-progress';
      readonly phase: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'dataset-ready'; readonly dataset: DatasetSummary }
  | {
      readonly type: 'study-ready';
      readonly studyName: string;
      /** Trials finished before this run, and put back to WAITING because their process is gone. */
      readonly finishedTrials: number;
      readonly recoveredTrials: readonly number[];
      /** Trials that wait to be run or carried on, the recovered ones among them. */
      readonly waitingTrials: number;
      readonly jobs: number;
    }
  | { readonly type: 'backend'; readonly name: string; readonly description: string }
  | {
      readonly type: 'trial-started';
      readonly number: number;
      readonly params: Readonly<Record<string, ParamValue>>;
      /** Epochs already done in an earlier run of this trial. */
      readonly doneEpochs: number;
    }
  | {
      readonly type: 'trial-progress';
      readonly number: number;
      readonly epoch: number;
      readonly step: number;
      readonly stepsPerEpoch: number;
      readonly loss: number;
    }
  | {
      readonly type: 'trial-reported';
      readonly number: number;
      readonly epoch: number;
      readonly value: number;
      readonly metrics: EpochMetrics;
    }
  | {
      readonly type: 'trial-finished';
      readonly number: number;
      readonly state: Extract<TrialState, 'COMPLETE' | 'PRUNED' | 'FAIL'>;
      readonly value: number | null;
      readonly durationMs: number;
      /** Of the pruner, where the trial was pruned. */
      readonly decision: PruneDecision | null;
      /** Where it failed. */
      readonly failure: TrainingFailure | null;
      /** True where this is the best complete trial so far. */
      readonly isBest: boolean;
    }
  /** The trial went back to WAITING: interrupted, or its trainer was replaced. */
  | { readonly type: 'trial-waiting'; readonly number: number; readonly reason: string }
  | { readonly type: 'storage-waiting'; readonly message: string }
  | { readonly type: 'storage-ready' }
  | { readonly type: 'warning'; readonly message: string };

/** The data set as a viewer names it. */
export interface DatasetSummary {
  readonly images: number;
  readonly classes: readonly string[];
  readonly unreadable: ReadonlyArray<{ readonly path: string; readonly reason: string }>;
  readonly split: { readonly train: number; readonly validation: number; readonly test: number };
  readonly shape: string;
  readonly warnings: readonly string[];
  /** Pixels that training sees. */
  readonly imageHeight: number;
  readonly imageWidth: number;
}

/** How a run ended. */
export interface RunResult {
  /** `paused`: a fault stopped the study, `reason` says which; the same request carries on. */
  readonly outcome: 'finished' | 'timeout' | 'interrupted' | 'paused';
  readonly reason: string | null;
  /** Of the best trial's best checkpoint; null where there is no test part or no complete trial. */
  readonly testMetrics: EvaluationMetrics | null;
  readonly backend: string | null;
  readonly dataset: DatasetSummary;
}

/** A run under way. */
export interface StudyRun {
  /** Resolves when nothing runs any more; rejects with `InvalidInputError` where nothing was started. */
  readonly result: Promise<RunResult>;
  /** Stop at the next batch, checkpoint, put trials back to WAITING. */
  interrupt(): void;
  /** Stop now: trainers are ended; at most the epoch in progress is repeated. */
  interruptNow(): void;
}

/** Starts a run; `onEvent` must not throw. */
export type StartStudyRun = (request: RunRequest, onEvent: (event: RunEvent) => void) => StudyRun;
