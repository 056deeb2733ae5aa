import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { writeFileDurably } from '../base/durable-file.ts';
import { HoneError } from '../base/errors.ts';
import type { Optimizer } from './backends/base.ts';
import type { Model } from './models/model.ts';
import type { EpochMetrics, TrialJob } from './protocol.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor, type TensorFile } from './safetensors.ts';
import { TrainingError } from './trial-control.ts';
import {
  BEST_CHECKPOINT_FILE,
  CHECKPOINT_FILE,
  PREDICTIONS_FILE,
  type PredictionsFile,
} from './trial-files.ts';

/** Raised whenever the content changes; another version starts its trial over. */
const VERSION = '1';

/**
 * Where a trial stands, beside its weights.
 *
 * The position decides the rest: the order of images, augmentation and dropout are drawn from the seed and the
 * position (`random-streams.ts`), the learning rate from the number of steps (`schedules.ts`).
 */
export interface TrialProgress {
  /** The epoch that is under way or next. */
  readonly epoch: number;
  /** Batches of it that are done. */
  readonly step: number;
  /** Sum over these batches of mean loss times images. */
  readonly lossSum: number;
  readonly imageCount: number;
  /** Spent on these batches. */
  readonly trainMs: number;
  /** Of every finished epoch, by epoch. */
  readonly epochs: readonly EpochMetrics[];
  /** Whose weights and predictions are kept apart. */
  readonly best: { readonly epoch: number; readonly value: number } | null;
}

/** The start of every trial. */
export const INITIAL_PROGRESS: TrialProgress = {
  epoch: 0,
  step: 0,
  lossSum: 0,
  imageCount: 0,
  trainMs: 0,
  epochs: [],
  best: null,
};

const PROGRESS = 'hone_progress';
const IDENTITY = 'hone_trial';
const VERSION_KEY = 'hone_checkpoint';
const OPTIMIZER_STEP = 'optimizer_step';
const OPTIMIZER_PREFIX = 'optimizer:';

/**
 * Write everything that carrying on needs into the trial's folder, whole and flushed to the disk.
 *
 * @throws {TrainingError} `disk-full`, `checkpoint`.
 */
export async function saveCheckpoint(
  job: TrialJob,
  model: Model,
  optimizer: Optimizer,
  progress: TrialProgress,
): Promise<void> {
  const tensors = await readVariables(model);
  const { step, buffers } = await optimizer.getState();
  for (const [name, values] of buffers) {
    tensors.set(`${OPTIMIZER_PREFIX}${name}`, { shape: [values.length], values });
  }
  const metadata = {
    [VERSION_KEY]: VERSION,
    [IDENTITY]: identityOf(job),
    [OPTIMIZER_STEP]: String(step),
    [PROGRESS]: JSON.stringify(progress),
  };
  writeTensors(job, CHECKPOINT_FILE, { tensors, metadata });
}

/**
 * Put model and optimizer where the folder's checkpoint left them.
 *
 * @returns the progress, or null where there is no checkpoint of this trial; the model is untouched then.
 * @throws {TrainingError} `checkpoint` where there is one that cannot be read.
 */
export function loadCheckpoint(job: TrialJob, model: Model, optimizer: Optimizer): TrialProgress | null {
  const file = readTensors(job, CHECKPOINT_FILE);
  if (file === null || file.metadata[IDENTITY] !== identityOf(job)) return null;
  const progress = JSON.parse(file.metadata[PROGRESS] ?? 'null') as TrialProgress | null;
  if (progress === null) throw damaged(CHECKPOINT_FILE, 'it has no progress');
  const buffers = new Map<string, Float32Array>();
  for (const [name, { values }] of file.tensors) {
    if (name.startsWith(OPTIMIZER_PREFIX)) buffers.set(name.slice(OPTIMIZER_PREFIX.length), values);
  }
  try {
    optimizer.setState({ step: Number(file.metadata[OPTIMIZER_STEP]), buffers });
  } catch (error) {
    if (error instanceof HoneError) throw damaged(CHECKPOINT_FILE, error.message, error);
    throw error;
  }
  writeVariables(model, file, CHECKPOINT_FILE);
  return progress;
}

/**
 * Keep the weights and the predictions of the best epoch so far.
 *
 * @throws {TrainingError} `disk-full`, `checkpoint`.
 */
export async function saveBest(job: TrialJob, model: Model, predictions: PredictionsFile): Promise<void> {
  writeFile(job, PREDICTIONS_FILE, [Buffer.from(JSON.stringify(predictions))]);
  const metadata = {
    [VERSION_KEY]: VERSION,
    [IDENTITY]: identityOf(job),
    epoch: String(predictions.epoch),
    classes: JSON.stringify(predictions.classes),
  };
  writeTensors(job, BEST_CHECKPOINT_FILE, { tensors: await readVariables(model), metadata });
}

/**
 * Give the model the weights of the best epoch.
 *
 * @throws {TrainingError} `checkpoint` where there are none of this trial.
 */
export function loadBest(job: TrialJob, model: Model): void {
  const file = readTensors(job, BEST_CHECKPOINT_FILE);
  if (file === null || file.metadata[IDENTITY] !== identityOf(job)) {
    throw new TrainingError('checkpoint', `Trial ${job.number} has no checkpoint to score in ${job.folder}.`);
  }
  writeVariables(model, file, BEST_CHECKPOINT_FILE);
}

/** What a checkpoint must agree with: all that decides the numbers, but for the images. */
function identityOf(job: TrialJob): string {
  return JSON.stringify([job.seed, job.config, job.objective, job.direction]);
}

async function readVariables(model: Model): Promise<Map<string, NamedTensor>> {
  const tensors = new Map<string, NamedTensor>();
  for (const variable of [...model.parameters, ...model.buffers]) {
    tensors.set(variable.name, { shape: variable.shape, values: await variable.data<'float32'>() });
  }
  return tensors;
}

function writeVariables(model: Model, file: TensorFile, name: string): void {
  for (const variable of [...model.parameters, ...model.buffers]) assign(variable, file, name);
}

function assign(variable: Variable, file: TensorFile, name: string): void {
  const found = file.tensors.get(variable.name);
  if (found?.values.length !== variable.size)
    throw damaged(name, `${variable.name} is missing or of another size`);
  tf.tidy(() => {
    variable.assign(tf.tensor(found.values, variable.shape));
  });
}

function writeTensors(job: TrialJob, name: string, file: TensorFile): void {
  writeFile(job, name, encodeSafetensors(file));
}

function writeFile(job: TrialJob, name: string, parts: readonly Uint8Array[]): void {
  const file = join(job.folder, name);
  try {
    writeFileDurably(file, parts);
  } catch (error) {
    const code = errorCode(error);
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new TrainingError('disk-full', `No space is left for ${file}, which needs ${sizeBytes} bytes.`, {
        cause: error,
      });
    }
    throw new TrainingError('checkpoint', `${file} could not be written: ${String(error)}.`, {
      cause: error,
    });
  }
}

/** Null where there is no such file, or one of another version. */
function readTensors(job: TrialJob, name: string): TensorFile | null {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(join(job.folder, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw damaged(name, String(error), error);
  }
  try {
    const file = decodeSafetensors(bytes);
    return file.metadata[VERSION_KEY] === VERSION ? file : null;
  } catch (error) {
    if (error instanceof HoneError) throw damaged(name, error.message, error);
    throw error;
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function damaged(name: string, problem: string, cause?: unknown): TrainingError {
  return new TrainingError('checkpoint', `The checkpoint ${name} cannot be used: ${problem}`, { cause });
}
