import { createHash } from 'node:crypto';
import type { DecodedCacheInfo } from '../../core/dataset/base.ts';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import { type TrainingConfig, trainingConfig } from '../../core/training/config.ts';
import type { TrialJob } from '../../core/training/protocol.ts';
import { trialFolder } from './paths.ts';
import type { RunContext } from './run-context.ts';

/** Trial user attribute: the batch size that was trained with, where memory did not hold the suggested one. */
export const BATCH_SIZE_KEY = 'hone:batch_size';

/**
 * What a trial trains with: its parameters, the study's fixed values, and a batch that was halved before.
 *
 * @throws {InvalidInputError} for parameters that training cannot take; enqueued ones may be anything.
 */
export function trialTrainingConfig(context: RunContext, trial: FrozenTrial): TrainingConfig {
  const config = trainingConfig(trial.params, context.config.fixed, context.config.epochs);
  const batchSize = trial.userAttrs[BATCH_SIZE_KEY];
  return typeof batchSize === 'number' ? { ...config, batchSize } : config;
}

/** The trial's work in a trainer's terms. */
export function trialJob(
  context: RunContext,
  trial: FrozenTrial,
  config: TrainingConfig,
  dataset: DecodedCacheInfo,
): TrialJob {
  const { seed, objective, direction, trialsFolder } = context.config;
  return {
    trialId: trial.trialId,
    number: trial.number,
    config,
    seed: trainingSeed(seed, trial.number),
    dataset,
    folder: trialFolder(context.paths, trialsFolder, trial.number),
    reportedEpochs: reportedEpochs(trial),
    objective,
    direction,
  };
}

/** Epochs whose value is durable: they are reported in order, without gaps. */
export function reportedEpochs(trial: FrozenTrial): number {
  return trial.intermediateValues.size;
}

/**
 * Seed of one trial's weights, order and augmentation: the same for a study's seed and the trial's number whatever
 * ran before, and unrelated between neighbours. Unsigned 32-bit.
 */
export function trainingSeed(studySeed: number, trialNumber: number): number {
  return createHash('sha256').update(`${studySeed}:${trialNumber}`).digest().readUInt32LE(0);
}

/** The best reported value and its epoch (the first of equal ones), or null where there is none. NaN is no value. */
export function bestReport(
  trial: FrozenTrial,
  direction: 'minimize' | 'maximize',
): { readonly epoch: number; readonly value: number } | null {
  let best: { epoch: number; value: number } | null = null;
  for (const [epoch, value] of trial.intermediateValues) {
    const better = best === null || (direction === 'maximize' ? value > best.value : value < best.value);
    if (!Number.isNaN(value) && better) best = { epoch, value };
  }
  return best;
}
