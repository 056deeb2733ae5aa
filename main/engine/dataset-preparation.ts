import { statfs } from 'node:fs/promises';
import { InvalidInputError } from '../../core/base/errors.ts';
import type { Dataset, DatasetSplit, DecodedCacheInfo } from '../../core/dataset/base.ts';
import { buildDecodedCache } from '../../core/dataset/decoded-cache.ts';
import { scanDataset } from '../../core/dataset/scan.ts';
import { splitDataset } from '../../core/dataset/split.ts';
import type { DatasetSummary, RunEvent, RunRequest } from './run-contract.ts';

/** Bytes of a pixel in the decoded cache: red, green, blue. */
const PIXEL_BYTES = 3;
/** Room that the database and checkpoints need beside the decoded images, at the least. */
const WORKING_BYTES = 4 * 1024 * 1024;

/** How a dataset is to be prepared. */
export interface PreparationOptions {
  readonly cacheFolder: string;
  /** Of the split; unsigned 32-bit. */
  readonly seed: number;
  /** Cancels scan and decoding. */
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

/**
 * A folder of images on its way to the trainers: scanned, then split, then decoded once for each image size that a
 * trial asks for.
 */
export class DatasetPreparation {
  readonly dataset: Dataset;
  readonly #split: DatasetSplit;
  readonly #options: PreparationOptions;
  /** By size such as `40x80`; trials that ask for the same size wait for the same work. */
  readonly #caches = new Map<string, Promise<DecodedCacheInfo>>();

  private constructor(dataset: Dataset, split: DatasetSplit, options: PreparationOptions) {
    this.dataset = dataset;
    this.#split = split;
    this.#options = options;
  }

  /**
   * Scan a folder and split its images.
   *
   * @throws {InvalidInputError} where the folder cannot be trained on, or has too few images for the split.
   */
  static async scan(
    request: Pick<RunRequest, 'datasetFolder' | 'split'>,
    options: PreparationOptions,
  ): Promise<DatasetPreparation> {
    const { signal, emit, seed, cacheFolder } = options;
    const dataset = await scanDataset(request.datasetFolder, {
      signal,
      indexFolder: cacheFolder,
      onProgress: (progress) => emit({ type: 'dataset-progress', ...progress }),
    });
    const split = splitDataset(dataset, request.split, seed);
    return new DatasetPreparation(dataset, split, options);
  }

  /** Of the split; unsigned 32-bit. */
  get seed(): number {
    return this.#options.seed;
  }

  /** True where images are set aside for the final score. */
  get hasTestPart(): boolean {
    return this.#split.test.length > 0;
  }

  /** The decoded images of one size, height and width in pixels; built where the cache has none. */
  async cacheFor(height: number, width: number): Promise<DecodedCacheInfo> {
    const key = `${height}x${width}`;
    const known = this.#caches.get(key);
    if (known !== undefined) return known;
    const building = this.#build(height, width);
    this.#caches.set(key, building);
    // A later trial may find the disk with more room.
    building.catch(() => this.#caches.delete(key));
    return building;
  }

  /**
   * Check that the decoded images of one size fit on the disk, before anything is written.
   *
   * @param folder an existing folder on that disk.
   * @throws {InvalidInputError} naming the bytes that are free and needed.
   */
  async checkRoom(folder: string, height: number, width: number): Promise<void> {
    const neededBytes = this.dataset.images.length * height * width * PIXEL_BYTES + WORKING_BYTES;
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    if (freeBytes >= neededBytes) return;
    throw new InvalidInputError(
      'storage',
      `The disk of ${folder} has ${megabytes(freeBytes)} MB free, but the decoded images and the study need ${megabytes(neededBytes)} MB; make room, or put the study on another disk (--storage).`,
    );
  }

  /** The dataset as viewers name it, for images of the given size. */
  summary(imageHeight: number, imageWidth: number): DatasetSummary {
    const { images, classes, unreadable, shape, warnings } = this.dataset;
    const { train, validation, test } = this.#split;
    return {
      images: images.length,
      classes,
      unreadable,
      split: { train: train.length, validation: validation.length, test: test.length },
      shape,
      warnings,
      imageHeight,
      imageWidth,
    };
  }

  async #build(height: number, width: number): Promise<DecodedCacheInfo> {
    const { cacheFolder, signal, emit } = this.#options;
    return buildDecodedCache(this.dataset, this.#split, { height, width }, cacheFolder, {
      signal,
      onProgress: (progress) => emit({ type: 'dataset-progress', ...progress }),
    });
  }
}

function megabytes(sizeBytes: number): string {
  return (sizeBytes / 1e6).toFixed(1);
}
