import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './backends/base.ts';
import { type Batch, BatchReader, type DecodedImages, evaluationBatchSize } from './batches.ts';
import { emptyConfusion, evaluationMetrics } from './metrics.ts';
import type { Model } from './models/model.ts';
import { COLOURS } from './normalization.ts';
import type { EvaluationMetrics } from './protocol.ts';
import type { ImagePrediction } from './trial-files.ts';

/** What a pass over a part of the data gives. */
export interface EvaluationPass {
  readonly metrics: EvaluationMetrics;
  /** What the network says of each image, in their order; made when it is asked for. */
  readonly predictions: () => ImagePrediction[];
}

/**
 * Run the network over a part of the data without training it.
 *
 * @param images indices into the dataset's images.
 * @param shouldStop asked before each batch.
 * @returns null where it was stopped.
 */
export async function evaluateImages(
  backend: Backend,
  model: Model,
  source: DecodedImages,
  images: readonly number[],
  shouldStop: () => boolean = () => false,
): Promise<EvaluationPass | null> {
  const classCount = source.classes.length;
  const reader = new BatchReader(source);
  const batchSize = evaluationBatchSize(source.height, source.width);
  const tally = new Tally(images.length, classCount);
  for (let start = 0; start < images.length; start += batchSize) {
    if (shouldStop()) return null;
    const batch = reader.read(Int32Array.from(images.slice(start, start + batchSize)));
    tally.add(start, batch, await logitsOf(backend, model, batch, source));
    // Messages from the engine come in between batches.
    await setImmediate();
  }
  const metrics = evaluationMetrics(
    tally.confusion,
    source.classes,
    tally.lossSum / Math.max(1, images.length),
  );
  return { metrics, predictions: () => tally.predictions(images, source.labels) };
}

async function logitsOf(
  backend: Backend,
  model: Model,
  batch: Batch,
  source: DecodedImages,
): Promise<Float32Array> {
  const shape: [number, number, number, number] = [batch.labels.length, source.height, source.width, COLOURS];
  const logits = backend.runStep(() =>
    tf.tidy(() => model.forward(tf.tensor4d(batch.images, shape), { training: false, random: () => 0 })),
  );
  try {
    return await logits.data<'float32'>();
  } finally {
    logits.dispose();
  }
}

/** Counts what the network said. */
class Tally {
  readonly confusion: number[][];
  /** Sum of the cross-entropies, in double precision. */
  lossSum = 0;
  readonly #classCount: number;
  /** [image, class]. */
  readonly #probabilities: Float32Array;
  readonly #predicted: Int32Array;

  constructor(imageCount: number, classCount: number) {
    this.confusion = emptyConfusion(classCount);
    this.#classCount = classCount;
    this.#probabilities = new Float32Array(imageCount * classCount);
    this.#predicted = new Int32Array(imageCount);
  }

  /** @param start position of the batch's first image among all. */
  add(start: number, batch: Batch, logits: Float32Array): void {
    for (const [index, label] of batch.labels.entries()) {
      const row = logits.subarray(index * this.#classCount, (index + 1) * this.#classCount);
      const highest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const sum = row.reduce((total, logit) => total + Math.exp(logit - highest), 0);
      this.lossSum += Math.log(sum) + highest - (row[label] ?? Number.NaN);
      // NaN is nobody's maximum: such rows count for the first class, and their loss fails the trial.
      const predicted = Math.max(0, row.indexOf(highest));
      const counts = this.confusion[label];
      if (counts !== undefined) counts[predicted] = (counts[predicted] ?? 0) + 1;
      const at = start + index;
      this.#predicted[at] = predicted;
      this.#probabilities.set(
        row.map((logit) => Math.exp(logit - highest) / sum),
        at * this.#classCount,
      );
    }
  }

  predictions(images: readonly number[], labels: ArrayLike<number>): ImagePrediction[] {
    return images.map((image, at) => {
      const row = this.#probabilities.subarray(at * this.#classCount, (at + 1) * this.#classCount);
      const probabilities = Array.from(row, (probability) => Math.round(probability * 1e4) / 1e4);
      return { image, label: labels[image] ?? -1, predicted: this.#predicted[at] ?? 0, probabilities };
    });
  }
}
