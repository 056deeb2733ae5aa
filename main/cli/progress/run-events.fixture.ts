import type { PruneDecision } from '../../../core/pruners/base.ts';
import type { EpochMetrics } from '../../../core/training/protocol.ts';
import type { RunEvent } from '../../engine/run-contract.ts';
import type { RunPlan } from './base.ts';

/** A run of four trials as a scheduler would tell it, for the tests of the views. */
export const PLAN: RunPlan = {
  storageFile: '/studies/library.db',
  datasetFolder: '/pictures/sprites',
  nTrials: 4,
  epochs: 20,
  timeoutS: null,
  variesImageSize: false,
  pruningStartsAfter: null,
};

export const DECISION: PruneDecision = {
  prune: true,
  rule: 'median',
  step: 3,
  value: 0.61,
  threshold: 0.74,
  nTrials: 9,
  reason: '0.61 is below the median 0.74 of 9 trials',
};

const EVALUATION = {
  loss: 0.5,
  accuracy: 0.9,
  precisionMicro: 0.9,
  recallMicro: 0.9,
  f1Micro: 0.9,
  precisionMacro: 0.9,
  recallMacro: 0.9,
  f1Macro: 0.9,
  perClass: [],
  confusion: [],
  imageCount: 180,
};

const METRICS: EpochMetrics = {
  epoch: 0,
  trainLoss: 0.5,
  lr: 0.001,
  validation: EVALUATION,
  trainMs: 1,
  validationMs: 1,
};

export const DATASET_READY: RunEvent = {
  type: 'dataset-ready',
  dataset: {
    images: 1200,
    classes: ['cat', 'dog'],
    unreadable: Array.from({ length: 7 }, (_, index) => ({
      path: `cat/${index}.png`,
      reason: 'truncated PNG',
    })),
    split: { train: 840, validation: 180, test: 180 },
    shape: 'class-folders',
    warnings: Array.from({ length: 7 }, (_, index) => `The class "${index}" has only 6 images.`),
    imageHeight: 40,
    imageWidth: 80,
  },
};

export const BACKEND: RunEvent = { type: 'backend', name: 'wasm', description: 'relaxed SIMD' };

export function studyReady(
  finishedTrials = 0,
  recoveredTrials: readonly number[] = [],
  waitingTrials = recoveredTrials.length,
): RunEvent {
  return {
    type: 'study-ready',
    studyName: 'sprites',
    finishedTrials,
    recoveredTrials,
    waitingTrials,
    jobs: 1,
  };
}

export function started(number: number, doneEpochs = 0): RunEvent {
  const params = { batch_size: 32, optimizer: 'AdamW', lr: 0.0018234 };
  return { type: 'trial-started', number, params, doneEpochs };
}

export function progress(number: number, epoch: number, step: number): RunEvent {
  return { type: 'trial-progress', number, epoch, step, stepsPerEpoch: 27, loss: 0.5 };
}

export function reported(number: number, epoch: number, value: number): RunEvent {
  return { type: 'trial-reported', number, epoch, value, metrics: METRICS };
}

export function complete(number: number, value: number, isBest: boolean): RunEvent {
  return { ...FINISHED, number, state: 'COMPLETE', value, isBest };
}

export function pruned(number: number): RunEvent {
  return { ...FINISHED, number, state: 'PRUNED', value: 0.61, decision: DECISION };
}

export function failed(number: number): RunEvent {
  const failure = {
    code: 'not-a-number',
    message: 'the loss is not a number in epoch 2 (lr 0.01).',
  } as const;
  return { ...FINISHED, number, state: 'FAIL', value: null, failure };
}

const FINISHED = {
  type: 'trial-finished',
  durationMs: 41_000,
  decision: null,
  failure: null,
  isBest: false,
} as const;
