import type { ScheduleName } from './config.ts';

/** A learning-rate schedule over the steps of a whole trial. */
export interface Schedule {
  readonly name: ScheduleName;
  /** The peak. */
  readonly lr: number;
  /** Steps of all epochs together. */
  readonly totalSteps: number;
  /** Steps of linear warm-up; read by `warmup_cosine` alone. */
  readonly warmupSteps: number;
}

/**
 * The schedule of a trial. It moves with every step, not every epoch, and starts anew in no epoch.
 *
 * @param config its schedule, peak rate, epochs, and epochs of warm-up (at most all).
 */
export function createSchedule(
  config: {
    readonly schedule: ScheduleName;
    readonly lr: number;
    readonly epochs: number;
    readonly warmupEpochs: number;
  },
  stepsPerEpoch: number,
): Schedule {
  const totalSteps = config.epochs * stepsPerEpoch;
  const warmupSteps = Math.min(totalSteps, Math.round(config.warmupEpochs * stepsPerEpoch));
  return { name: config.schedule, lr: config.lr, totalSteps, warmupSteps };
}

/**
 * Learning rate of a step, 0 the first of the trial.
 *
 * - `constant`: the peak.
 * - `cosine`: lr (1 + cos(pi s / S)) / 2 over all S steps; PyTorch's `CosineAnnealingLR(T_max=S)`, stepped after
 *   each batch (Loshchilov and Hutter 2017, eq. 5, without restarts).
 * - `warmup_cosine`: lr (s + 1) / W for the W steps of warm-up, then the cosine over those left; PyTorch's
 *   `SequentialLR` of `LinearLR(start_factor=1/W, total_iters=W-1)` and `CosineAnnealingLR(T_max=S-W)`.
 */
export function learningRate(schedule: Schedule, step: number): number {
  const { name, lr, totalSteps, warmupSteps } = schedule;
  if (name === 'constant') return lr;
  const warmup = name === 'warmup_cosine' ? warmupSteps : 0;
  if (step < warmup) return (lr * (step + 1)) / warmup;
  return (lr * (1 + Math.cos((Math.PI * (step - warmup)) / (totalSteps - warmup)))) / 2;
}
