import type { DatasetSplit } from '../dataset/base.ts';
import {
  type AugmentationOptions,
  drawTransform,
  type ImageTransform,
  identityTransform,
  writeImage,
} from './augmentation.ts';
import { COLOURS } from './normalization.ts';
import { randomStream } from './random-streams.ts';

/** A dataset that was decoded to one size; `DecodedCacheReader` of core/dataset is one. */
export interface DecodedImages {
  readonly classes: readonly string[];
  /** One an image, an index into `classes`. */
  readonly labels: ArrayLike<number>;
  readonly split: DatasetSplit;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** Read images one after another into `out`, uint8 [image, height, width, 3]. */
  readImages(indices: ArrayLike<number>, out: Uint8Array): void;
  close(): void;
}

/** Images of one step, ready for a network. */
export interface Batch {
  /** Indices into the dataset's images. */
  readonly indices: Int32Array;
  /** Normalised, [image, height, width, 3] flat; valid until the next batch is read. */
  readonly images: Float32Array;
  /** One an image. */
  readonly labels: Int32Array;
}

/** Pixels of one evaluation batch at most: 64 images of 64 x 64, so that memory does not grow with their size. */
const EVALUATION_PIXELS = 64 * 64 * 64;

/** How many images a pass without training takes at a time; the results do not depend on it. */
export function evaluationBatchSize(height: number, width: number): number {
  return Math.max(1, Math.floor(EVALUATION_PIXELS / (height * width)));
}

/**
 * The order of the training images in an epoch.
 *
 * @param images indices of the training part.
 */
export function epochOrder(images: readonly number[], seed: number, epoch: number): Int32Array {
  const order = Int32Array.from(images);
  randomStream(seed, 'order', epoch).shuffle(order);
  return order;
}

/**
 * Where the batches of an epoch begin, and one end more than there are batches. The last one is what is left.
 *
 * @param avoidsSingles a last batch of one image is left out, where other batches have more: batch norm cannot
 *   learn from one image (PyTorch refuses it). Shuffling leaves out another image each epoch.
 */
export function batchBounds(imageCount: number, batchSize: number, avoidsSingles: boolean): number[] {
  const bounds = [0];
  for (let end = batchSize; end < imageCount; end += batchSize) bounds.push(end);
  const lastSize = imageCount - (bounds.at(-1) ?? 0);
  const isLeftOut = avoidsSingles && lastSize === 1 && bounds.length > 1 && batchSize > 1;
  return isLeftOut ? bounds : [...bounds, imageCount];
}

/** Reads batches of a dataset into buffers that it uses again and again. */
export class BatchReader {
  readonly #source: DecodedImages;
  #pixels = new Uint8Array(0);
  #images = new Float32Array(0);

  constructor(source: DecodedImages) {
    this.#source = source;
  }

  /** A batch as it is. */
  read(indices: Int32Array): Batch {
    const transform = identityTransform(this.#source.height, this.#source.width);
    return this.#read(indices, () => transform);
  }

  /** A batch for training, changed at random; the same for the same seed, epoch and step. */
  readAugmented(
    indices: Int32Array,
    options: AugmentationOptions,
    seed: number,
    epoch: number,
    step: number,
  ): Batch {
    if (options.flip === 'none' && options.shift === 0 && options.crop === 0) return this.read(indices);
    const random = randomStream(seed, 'augmentation', epoch, step);
    const { height, width } = this.#source;
    return this.#read(indices, () => drawTransform(options, height, width, random));
  }

  #read(indices: Int32Array, nextTransform: () => ImageTransform): Batch {
    const { height, width, labels } = this.#source;
    const size = indices.length * height * width * COLOURS;
    if (this.#pixels.length < size) {
      this.#pixels = new Uint8Array(size);
      this.#images = new Float32Array(size);
    }
    const pixels = this.#pixels.subarray(0, size);
    const images = this.#images.subarray(0, size);
    this.#source.readImages(indices, pixels);
    for (let index = 0; index < indices.length; index++) {
      writeImage(pixels, index, height, width, nextTransform(), images);
    }
    return { indices, images, labels: Int32Array.from(indices, (image) => labels[image] ?? -1) };
  }
}
