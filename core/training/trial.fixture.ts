import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParamValue } from '../distributions/base.ts';
import type { DecodedImages } from './batches.ts';
import { trainingConfig } from './config.ts';
import type { EpochMetrics, TrialJob } from './protocol.ts';
import { randomStream } from './random-streams.ts';
import type { EpochVerdict, TrialControl } from './trial-control.ts';

/** Parts of a test's dataset, in images of each class. */
const IMAGES = { train: 24, validation: 8, test: 8 } as const;
const CLASSES = ['rows', 'columns', 'dots'] as const;

/** Small pictures in memory, in three classes that differ in their pattern; noisy, of any colour and phase. */
export function patternImages(height = 16, width = 16): DecodedImages {
  const perClass = IMAGES.train + IMAGES.validation + IMAGES.test;
  const labels = Array.from({ length: perClass * CLASSES.length }, (_, image) => image % CLASSES.length);
  const size = height * width * 3;
  const pixels = new Uint8Array(labels.length * size);
  const random = randomStream(9, 'augmentation', 0);
  for (const [image, label] of labels.entries()) {
    const phase = random.randint(0, 4);
    const colour = [random.uniform(60, 200), random.uniform(60, 200), random.uniform(60, 200)];
    for (let at = 0; at < size; at++) {
      const pixel = Math.floor(at / 3);
      const y = Math.floor(pixel / width) + phase;
      const x = (pixel % width) + phase;
      const isLit = [y % 4 < 2, x % 4 < 2, x % 4 < 2 && y % 4 < 2][label] ?? false;
      pixels[image * size + at] = (colour[at % 3] ?? 0) * (isLit ? 1 : 0.5) + random.uniform(0, 50);
    }
  }
  const part = (from: number, count: number) =>
    Array.from({ length: count * CLASSES.length }, (_, index) => from * CLASSES.length + index);
  return {
    classes: CLASSES,
    labels,
    split: {
      train: part(0, IMAGES.train),
      validation: part(IMAGES.train, IMAGES.validation),
      test: part(IMAGES.train + IMAGES.validation, IMAGES.test),
    },
    height,
    width,
    readImages: (indices, out) => {
      for (let at = 0; at < indices.length; at++) {
        const image = indices[at] ?? 0;
        out.set(pixels.subarray(image * size, (image + 1) * size), at * size);
      }
    },
    close: () => undefined,
  };
}

/** A job in a folder of its own, which goes when the test's scope ends. */
export class JobUnderTest implements Disposable {
  readonly job: TrialJob;

  constructor(epochs: number, params: Readonly<Record<string, ParamValue>>, changes: Partial<TrialJob> = {}) {
    this.job = {
      trialId: 11,
      number: 3,
      config: trainingConfig(
        { image_size: '16x16', width: 8, depth: 2, batch_size: 16, ...params },
        {},
        epochs,
      ),
      seed: 5,
      dataset: { file: '', imageCount: 0, height: 16, width: 16, indexFile: '' },
      folder: mkdtempSync(join(tmpdir(), 'hone-trial-')),
      reportedEpochs: 0,
      objective: 'precision + recall',
      direction: 'maximize',
      ...changes,
    };
  }

  /** The same job as the engine sends it after so many durable reports. */
  resumed(reportedEpochs: number): TrialJob {
    return { ...this.job, reportedEpochs };
  }

  [Symbol.dispose](): void {
    rmSync(this.job.folder, { recursive: true, force: true });
  }
}

/** An engine that answers at once and keeps what it was told. */
export class ControlUnderTest implements TrialControl {
  interruptRequested = false;
  readonly values: number[] = [];
  readonly epochs: EpochMetrics[] = [];
  readonly warnings: string[] = [];
  batches = 0;
  #lastPlace = '';
  readonly #answer: (epoch: number) => EpochVerdict;
  readonly #interruptAfterBatches: number;

  constructor(answer: (epoch: number) => EpochVerdict = () => 'continue', interruptAfterBatches = Infinity) {
    this.#answer = answer;
    this.#interruptAfterBatches = interruptAfterBatches;
  }

  progress(epoch: number, step: number): void {
    // Validation repeats the last batch's.
    const place = `${epoch}/${step}`;
    if (place === this.#lastPlace) return;
    this.#lastPlace = place;
    this.batches++;
    if (this.batches >= this.#interruptAfterBatches) this.interruptRequested = true;
  }

  reportEpoch(value: number, metrics: EpochMetrics): Promise<EpochVerdict> {
    this.values.push(value);
    this.epochs.push(metrics);
    return Promise.resolve(this.interruptRequested ? 'interrupt' : this.#answer(metrics.epoch));
  }

  warn(message: string): void {
    this.warnings.push(message);
  }
}
