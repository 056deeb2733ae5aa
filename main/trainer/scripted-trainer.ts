import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { evaluationMetrics } from '../../core/training/metrics.ts';
import { parseObjective } from '../../core/training/objective.ts';
import type {
  EpochMetrics,
  EvaluationMetrics,
  TrainingFailure,
  TrialJob,
} from '../../core/training/protocol.ts';
import { TrainingError, type TrialControl, type TrialOutcome } from '../../core/training/trial-control.ts';
import {
  BEST_CHECKPOINT_FILE,
  CHECKPOINT_FILE,
  PREDICTIONS_FILE,
  type PredictionsFile,
} from '../../core/training/trial-files.ts';
import { serveTrials } from './serve-trials.ts';

/**
 * A trainer that computes curves instead of training: the one fake of the tests. It speaks the whole protocol
 * through the real process code, and crashes, hangs or fails on command.
 *
 * Its curves depend on the hyperparameters, the seed and the checkpoint alone: a resumed trial equals an
 * uninterrupted one only where the checkpoint was carried on.
 */

/** The environment variable `HONE_SCRIPTED_TRAINER` holds this as JSON; every part may be left out. */
export interface TrainerScript {
  /** Milliseconds a step; 0 by default: as fast as messages travel. */
  readonly stepMs?: number;
  /** 4 by default. */
  readonly stepsPerEpoch?: number;
  readonly faults?: readonly ScriptedFault[];
}

/** What goes wrong, and where. */
export interface ScriptedFault {
  /** `crash`: SIGKILL to itself. `hang`: blocks for good. `throw`: an error that nobody expects. Others: failures. */
  readonly fault: 'crash' | 'hang' | 'throw' | Exclude<TrainingFailure['code'], 'internal'>;
  /** Number of the trial; absent: every trial. */
  readonly trial?: number;
  readonly epoch: number;
  /** Before this step of the epoch; 0 by default. */
  readonly step?: number;
  /** How often it happens in each trial, counted in the trial's folder across processes; absent: always. */
  readonly times?: number;
  /** Only where the batch size is above this. */
  readonly batchSizeAbove?: number;
}

/** Content of the checkpoint. */
interface ScriptedCheckpoint {
  readonly seed: number;
  readonly epoch: number;
  readonly step: number;
  /** State of the generator from which the noise of the curve comes. */
  readonly noise: number;
  readonly loss: number;
  readonly epochs: readonly EpochMetrics[];
}

const VALIDATION_IMAGES = 1000;
const CLASSES = ['left', 'right'] as const;

class ScriptedRunner {
  readonly #script: TrainerScript;

  constructor(script: TrainerScript) {
    this.#script = script;
  }

  async run(job: TrialJob, control: TrialControl): Promise<TrialOutcome> {
    const objective = parseObjective(job.objective);
    const sign = job.direction === 'maximize' ? 1 : -1;
    let state = readState(job, CHECKPOINT_FILE) ?? {
      seed: job.seed,
      epoch: 0,
      step: 0,
      noise: job.seed,
      loss: 0,
      epochs: [],
    };
    let best: { epoch: number; value: number } | null = null;
    for (let epoch = 0; epoch < job.config.epochs; epoch++) {
      while (epoch === state.epoch) {
        if (control.interruptRequested) return { type: 'interrupted' };
        state = await this.#step(job, state, control);
        writeState(job, CHECKPOINT_FILE, state);
      }
      const metrics = state.epochs[epoch];
      if (metrics === undefined) throw new Error(`the checkpoint lacks epoch ${epoch}`);
      const value = objective.evaluate(metrics.validation);
      if (best === null || sign * value > sign * best.value) {
        best = { epoch, value };
        writePredictions(job, metrics);
        writeState(job, BEST_CHECKPOINT_FILE, state);
      }
      if (epoch < job.reportedEpochs) continue;
      const verdict = await control.reportEpoch(value, metrics);
      if (verdict === 'interrupt') return { type: 'interrupted' };
      if (verdict === 'prune') break;
    }
    return { type: 'finished', bestEpoch: best?.epoch ?? null };
  }

  async #step(job: TrialJob, state: ScriptedCheckpoint, control: TrialControl): Promise<ScriptedCheckpoint> {
    const { stepMs = 0, stepsPerEpoch = 4 } = this.#script;
    this.#injectFault(job, state);
    await (stepMs > 0 ? setTimeout(stepMs) : setImmediate());
    const noise = nextNoise(state.noise);
    const step = state.step + 1;
    const loss = state.loss + (1 - accuracyAt(job, state.epoch, noise)) / stepsPerEpoch;
    control.progress(state.epoch, step, stepsPerEpoch, loss);
    if (step < stepsPerEpoch) return { ...state, step, noise, loss };
    const epochs = [...state.epochs, epochMetrics(job, state.epoch, noise, loss)];
    return { ...state, epoch: state.epoch + 1, step: 0, noise, loss: 0, epochs };
  }

  evaluate(job: TrialJob): Promise<EvaluationMetrics> {
    const state = readState(job, BEST_CHECKPOINT_FILE);
    const last = state?.epochs.at(-1);
    if (state === null || last === undefined) {
      throw new TrainingError('checkpoint', `Trial ${job.number} has no checkpoint to score.`);
    }
    return Promise.resolve(scriptedMetrics(accuracyAt(job, last.epoch, state.noise)));
  }

  #injectFault(job: TrialJob, state: ScriptedCheckpoint): void {
    for (const [index, fault] of (this.#script.faults ?? []).entries()) {
      const here = fault.epoch === state.epoch && (fault.step ?? 0) === state.step;
      const ofTrial = fault.trial === undefined || fault.trial === job.number;
      const ofBatch = job.config.batchSize > (fault.batchSizeAbove ?? 0);
      if (here && ofTrial && ofBatch && countFault(job, index, fault.times)) commit(fault, job, state.epoch);
    }
  }
}

function commit({ fault }: ScriptedFault, job: TrialJob, epoch: number): void {
  if (fault === 'crash') process.kill(process.pid, 'SIGKILL');
  if (fault === 'crash' || fault === 'hang') blockForGood();
  if (fault === 'throw') throw new Error(`scripted error in epoch ${epoch}`);
  const where = `in epoch ${epoch + 1} with lr ${job.config.lr} and batch size ${job.config.batchSize}`;
  throw new TrainingError(fault as TrainingFailure['code'], `Scripted failure ${fault} ${where}.`);
}

/** Deaf to messages and signals but SIGKILL; ends only when the parent is gone, so that no test leaves it behind. */
function blockForGood(): void {
  const parent = process.ppid;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === parent) Atomics.wait(cell, 0, 0, 50);
  process.exit(1);
}

/** Whether the fault is due once more; the count outlives the process. */
function countFault(job: TrialJob, index: number, times: number | undefined): boolean {
  if (times === undefined) return true;
  const file = join(job.folder, `fault-${index}.json`);
  const count = Number(readTextIfAny(file) ?? 0);
  if (count >= times) return false;
  writeFileSync(file, String(count + 1));
  return true;
}

/** Numerical Recipes' linear congruential generator modulo 2^32. */
function nextNoise(noise: number): number {
  return (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
}

/** Best near lr 3e-3 with Adam or AdamW and a batch of 32; rises over the epochs to a level that they set. */
function accuracyAt(job: TrialJob, epoch: number, noise: number): number {
  const { lr, optimizer, batchSize } = job.config;
  const ofLr = Math.exp(-(((Math.log10(Math.max(lr, 1e-12)) + 2.5) / 1.5) ** 2));
  const ofOptimizer = optimizer === 'SGD' ? 0.9 : 1;
  const ofBatch = 1 - 0.02 * Math.abs(Math.log2(batchSize) - 5);
  const level = 0.5 + 0.49 * ofLr * ofOptimizer * ofBatch;
  const learned = 1 - Math.exp(-(epoch + 1) / 2);
  const wobble = (noise / 2 ** 32 - 0.5) * 0.02;
  return Math.min(1, Math.max(0, 0.5 + (level - 0.5) * learned + wobble));
}

function scriptedMetrics(accuracy: number): EvaluationMetrics {
  const half = VALIDATION_IMAGES / 2;
  const left = Math.round(half * accuracy);
  const right = Math.round(half * accuracy * accuracy);
  const confusion = [
    [left, half - left],
    [half - right, right],
  ];
  return evaluationMetrics(confusion, CLASSES, 2 * (1 - accuracy));
}

function epochMetrics(job: TrialJob, epoch: number, noise: number, trainLoss: number): EpochMetrics {
  const validation = scriptedMetrics(accuracyAt(job, epoch, noise));
  return { epoch, trainLoss, lr: job.config.lr, validation, trainMs: 1, validationMs: 1 };
}

function readTextIfAny(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function readState(job: TrialJob, name: string): ScriptedCheckpoint | null {
  const text = readTextIfAny(join(job.folder, name));
  if (text === null) return null;
  const state = JSON.parse(text) as ScriptedCheckpoint;
  // A folder of another trial or run: as the real trainer, start over.
  return state.seed === job.seed ? state : null;
}

function writeState(job: TrialJob, name: string, state: ScriptedCheckpoint): void {
  writeAtomically(join(job.folder, name), JSON.stringify(state));
}

function writePredictions(job: TrialJob, metrics: EpochMetrics): void {
  const predictions: PredictionsFile = {
    epoch: metrics.epoch,
    classes: CLASSES,
    images: [{ image: 0, label: 0, predicted: 0, probabilities: [0.9, 0.1] }],
  };
  writeAtomically(join(job.folder, PREDICTIONS_FILE), JSON.stringify(predictions));
}

function writeAtomically(file: string, text: string): void {
  try {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    throw new TrainingError('disk-full', `No space is left for ${file}.`, { cause: error });
  }
}

const script = JSON.parse(process.env['HONE_SCRIPTED_TRAINER'] ?? '{}') as TrainerScript;
const description = 'scripted, computes curves without training';
serveTrials(new ScriptedRunner(script), { type: 'ready', backend: 'cpu', description, pid: process.pid });
