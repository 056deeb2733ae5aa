import { HoneError } from '../base/errors.ts';
import type { EpochMetrics, TrainingFailure } from './protocol.ts';

/** What the engine says to a reported epoch. */
export type EpochVerdict = 'continue' | 'prune' | 'interrupt';

/** How a running trial talks with whoever started it. */
export interface TrialControl {
  /** True once the trial was asked to stop at the next batch. */
  readonly interruptRequested: boolean;
  /** Tell how far the epoch is; may be dropped where it comes too often. */
  progress(epoch: number, step: number, stepsPerEpoch: number, loss: number): void;
  /** Report an epoch whose checkpoint is on disk, and wait for the verdict. */
  reportEpoch(value: number, metrics: EpochMetrics): Promise<EpochVerdict>;
  /** One sentence for the trial's log: something went wrong, and training goes on. */
  warn(message: string): void;
}

/** How a trial ended here; what went wrong is thrown as {@link TrainingError}. */
export type TrialOutcome =
  | { readonly type: 'finished'; readonly bestEpoch: number | null }
  | { readonly type: 'interrupted' };

/** A trial cannot go on, for a reason that people understand. */
export class TrainingError extends HoneError {
  readonly failure: TrainingFailure;

  constructor(code: TrainingFailure['code'], message: string, options?: ErrorOptions) {
    super(`training-${code}`, message, options);
    this.failure = { code, message };
  }
}
