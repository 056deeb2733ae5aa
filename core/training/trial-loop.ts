import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { HoneError } from '../base/errors.ts';
import { DecodedCacheError } from '../dataset/decoded-cache-reader.ts';
import type { Backend, Optimizer } from './backends/base.ts';
import { type Batch, BatchReader, batchBounds, type DecodedImages, epochOrder } from './batches.ts';
import {
  INITIAL_PROGRESS,
  loadBest,
  loadCheckpoint,
  saveBest,
  saveCheckpoint,
  type TrialProgress,
} from './checkpoint.ts';
import { type EvaluationPass, evaluateImages } from './evaluate.ts';
import { createModel } from './models/create-model.ts';
import type { Model } from './models/model.ts';
import { COLOURS } from './normalization.ts';
import { type Objective, parseObjective } from './objective.ts';
import type { EpochMetrics, EvaluationMetrics, TrialJob } from './protocol.ts';
import { randomStream } from './random-streams.ts';
import { createSchedule, learningRate, type Schedule } from './schedules.ts';
import { trainStep } from './train-step.ts';
import { TrainingError, type TrialControl, type TrialOutcome } from './trial-control.ts';

/**
 * Train one trial to its end, or until the engine prunes or interrupts it; carries on from the checkpoint in the
 * job's folder where there is one.
 *
 * After every epoch: validation metrics, the objective, best weights, checkpoint, then the report. What is
 * reported is on the disk. An interruption is honoured before the next batch, with a checkpoint there.
 *
 * @param openSource gives the decoded images; what it opens is its caller's to close.
 * @throws {TrainingError} where the trial cannot go on.
 */
export async function runTrial(
  backend: Backend,
  openSource: () => DecodedImages,
  job: TrialJob,
  control: TrialControl,
): Promise<TrialOutcome> {
  let training: TrialTraining | null = null;
  try {
    const source = openSource();
    checkSource(source, job);
    training = new TrialTraining(backend, source, job, control);
    return await training.run();
  } catch (error) {
    throw asTrainingError(error, job);
  } finally {
    training?.dispose();
  }
}

/**
 * Score the test part with the best checkpoint of a trial.
 *
 * @throws {TrainingError} where there is none, or no test part.
 */
export async function evaluateTrial(
  backend: Backend,
  openSource: () => DecodedImages,
  job: TrialJob,
): Promise<EvaluationMetrics> {
  let model: Model | null = null;
  try {
    const source = openSource();
    checkSource(source, job);
    if (source.split.test.length === 0)
      throw new TrainingError('dataset-changed', 'The dataset has no test part.');
    model = createModel(backend.ops, job.config, source.classes.length, randomStream(job.seed, 'weights'));
    loadBest(job, model);
    const pass = await evaluateImages(backend, model, source, source.split.test);
    if (pass === null) throw new Error('an evaluation that nobody stops was stopped');
    return pass.metrics;
  } catch (error) {
    throw asTrainingError(error, job);
  } finally {
    model?.dispose();
  }
}

/** The state of one trial in training. */
class TrialTraining {
  readonly #backend: Backend;
  readonly #source: DecodedImages;
  readonly #job: TrialJob;
  readonly #control: TrialControl;
  readonly #objective: Objective;
  readonly #reader: BatchReader;
  readonly #bounds: readonly number[];
  readonly #schedule: Schedule;
  #model: Model;
  #optimizer: Optimizer;
  #progress: TrialProgress = INITIAL_PROGRESS;

  constructor(backend: Backend, source: DecodedImages, job: TrialJob, control: TrialControl) {
    this.#backend = backend;
    this.#source = source;
    this.#job = job;
    this.#control = control;
    this.#objective = parseObjective(job.objective);
    this.#reader = new BatchReader(source);
    [this.#model, this.#optimizer] = this.#create();
    const { batchSize } = job.config;
    this.#bounds = batchBounds(source.split.train.length, batchSize, this.#model.usesBatchNorm);
    this.#schedule = createSchedule(job.config, this.#stepsPerEpoch);
  }

  async run(): Promise<TrialOutcome> {
    const { epochs } = this.#job.config;
    this.#resume();
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (epoch === this.#progress.epoch && !(await this.#runEpoch())) {
        await this.#save();
        return { type: 'interrupted' };
      }
      if (epoch < this.#job.reportedEpochs) continue;
      const verdict = await this.#report(epoch);
      if (verdict === 'interrupt') return { type: 'interrupted' };
      if (verdict === 'prune') break;
    }
    return { type: 'finished', bestEpoch: this.#progress.best?.epoch ?? null };
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.#model.dispose();
  }

  #create(): [Model, Optimizer] {
    const { config, seed } = this.#job;
    const weights = randomStream(seed, 'weights');
    const model = createModel(this.#backend.ops, config, this.#source.classes.length, weights);
    const { optimizer: name, weightDecay, momentum, nesterov } = config;
    const options = { name, weightDecay, momentum, nesterov: nesterov && momentum > 0 };
    try {
      return [model, this.#backend.createOptimizer(options, model.parameters)];
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  get #stepsPerEpoch(): number {
    return this.#bounds.length - 1;
  }

  /** A checkpoint that cannot be read costs the epochs in it: the trial starts over, to the same numbers. */
  #resume(): void {
    try {
      this.#progress = loadCheckpoint(this.#job, this.#model, this.#optimizer) ?? INITIAL_PROGRESS;
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error;
      this.#control.warn(`${error.message} Trial ${this.#job.number} starts over.`);
      this.dispose();
      [this.#model, this.#optimizer] = this.#create();
      this.#progress = INITIAL_PROGRESS;
    }
  }

  /** Train, validate and checkpoint the epoch under way. False where it was interrupted before its end. */
  async #runEpoch(): Promise<boolean> {
    if (!(await this.#train())) return false;
    const startMs = performance.now();
    const { epoch } = this.#progress;
    const shouldStop = () => {
      // A sign of life while a large part is validated.
      this.#control.progress(epoch, this.#stepsPerEpoch, this.#stepsPerEpoch, this.#trainLoss);
      return this.#control.interruptRequested;
    };
    const { validation } = this.#source.split;
    const pass = await evaluateImages(this.#backend, this.#model, this.#source, validation, shouldStop);
    if (pass === null) return false;
    await this.#finishEpoch(pass, performance.now() - startMs);
    return true;
  }

  /** The batches of the epoch that are left. False where it was interrupted. */
  async #train(): Promise<boolean> {
    const { epoch } = this.#progress;
    const order = epochOrder(this.#source.split.train, this.#job.seed, epoch);
    while (this.#progress.step < this.#stepsPerEpoch) {
      if (this.#control.interruptRequested) return false;
      const startMs = performance.now();
      const { step, lossSum, imageCount, trainMs } = this.#progress;
      const indices = order.subarray(this.#bounds[step], this.#bounds[step + 1]);
      const batch = this.#reader.readAugmented(indices, this.#job.config, this.#job.seed, epoch, step);
      const loss = await this.#step(batch, epoch, step);
      this.#progress = {
        ...this.#progress,
        step: step + 1,
        lossSum: lossSum + loss * indices.length,
        imageCount: imageCount + indices.length,
        trainMs: trainMs + performance.now() - startMs,
      };
      this.#control.progress(epoch, step + 1, this.#stepsPerEpoch, this.#trainLoss);
      // Messages from the engine come in between batches.
      await setImmediate();
    }
    return true;
  }

  async #step(batch: Batch, epoch: number, step: number): Promise<number> {
    const { config, seed } = this.#job;
    const { height, width } = this.#source;
    const images = tf.tensor4d(batch.images, [batch.labels.length, height, width, COLOURS]);
    const labels = tf.tensor1d(batch.labels, 'int32');
    const dropout = randomStream(seed, 'dropout', epoch, step);
    const lr = learningRate(this.#schedule, epoch * this.#stepsPerEpoch + step);
    const options = { lr, labelSmoothing: config.labelSmoothing, random: () => dropout.random() };
    try {
      const lossTensor = trainStep(this.#backend, this.#model, this.#optimizer, images, labels, options);
      const [loss = Number.NaN] = await lossTensor.data();
      lossTensor.dispose();
      if (!Number.isFinite(loss))
        this.#failNotANumber(`The training loss is ${loss}`, `, batch ${step + 1} of ${this.#stepsPerEpoch}`);
      return loss;
    } finally {
      tf.dispose([images, labels]);
    }
  }

  get #trainLoss(): number {
    return this.#progress.lossSum / Math.max(1, this.#progress.imageCount);
  }

  /** Judge the epoch, keep it on the disk, and go to the next. */
  async #finishEpoch(pass: EvaluationPass, validationMs: number): Promise<void> {
    const { epoch, step, trainMs, epochs, best } = this.#progress;
    const lr = learningRate(this.#schedule, epoch * this.#stepsPerEpoch + step - 1);
    const metrics: EpochMetrics = {
      epoch,
      trainLoss: this.#trainLoss,
      lr,
      validation: pass.metrics,
      trainMs,
      validationMs,
    };
    const value = this.#objective.evaluate(pass.metrics);
    if (!Number.isFinite(pass.metrics.loss))
      this.#failNotANumber(`The validation loss is ${pass.metrics.loss}`);
    if (!Number.isFinite(value))
      this.#failNotANumber(
        `The objective ${this.#objective.expression} is ${value}`,
        '',
        'it divides by a metric, or a difference of metrics, that is 0',
      );
    const isBest =
      best === null || (this.#job.direction === 'maximize' ? value > best.value : value < best.value);
    if (isBest) {
      const { classes } = this.#source;
      await saveBest(this.#job, this.#model, { epoch, classes, images: pass.predictions() });
    }
    this.#progress = {
      ...INITIAL_PROGRESS,
      epoch: epoch + 1,
      epochs: [...epochs, metrics],
      best: isBest ? { epoch, value } : best,
    };
    await this.#save();
  }

  #save(): Promise<void> {
    return saveCheckpoint(this.#job, this.#model, this.#optimizer, this.#progress);
  }

  #report(epoch: number) {
    const metrics = this.#progress.epochs[epoch];
    if (metrics === undefined) throw new Error(`the checkpoint lacks epoch ${epoch}`);
    return this.#control.reportEpoch(this.#objective.evaluate(metrics.validation), metrics);
  }

  /** @param cause the learning rate, unless another is known. */
  #failNotANumber(what: string, where = '', cause = this.#tooHighLearningRate()): never {
    const { config } = this.#job;
    const epoch = `epoch ${this.#progress.epoch + 1} of ${config.epochs}`;
    throw new TrainingError('not-a-number', `${what} in ${epoch}${where}: ${cause}.`);
  }

  #tooHighLearningRate(): string {
    const { lr, optimizer } = this.#job.config;
    return `the learning rate ${lr} is likely too high for ${optimizer}`;
  }
}

function checkSource(source: DecodedImages, job: TrialJob): void {
  const { config } = job;
  if (source.height !== config.imageHeight || source.width !== config.imageWidth) {
    const found = `${source.height}x${source.width}`;
    const wanted = `${config.imageHeight}x${config.imageWidth}`;
    throw new TrainingError(
      'dataset-changed',
      `The decoded images are ${found}, but trial ${job.number} needs ${wanted}.`,
    );
  }
  for (const part of ['train', 'validation'] as const) {
    if (source.split[part].length === 0)
      throw new TrainingError('dataset-changed', `The dataset has no ${part} part.`);
  }
}

/** What the engine can act on comes out as such; anything else is a defect and stays as it is. */
function asTrainingError(error: unknown, job: TrialJob): unknown {
  if (error instanceof TrainingError) return error;
  if (error instanceof DecodedCacheError) {
    return new TrainingError('dataset-changed', error.message, { cause: error });
  }
  const isExhausted =
    (error instanceof HoneError && error.code === 'out-of-memory') ||
    (error instanceof RangeError && /allocation failed|out of memory|memory/i.test(error.message));
  if (!isExhausted) return error;
  const { batchSize, imageHeight, imageWidth } = job.config;
  const what = `batch size ${batchSize} at ${imageHeight}x${imageWidth}`;
  return new TrainingError('out-of-memory', `Training ran out of memory with ${what}: ${error.message}`, {
    cause: error,
  });
}
