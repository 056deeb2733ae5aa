import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { HoneError } from '../base/errors.ts';
import type { DecodedCacheInfo, DatasetSplit } from './base.ts';

/** What stands in the index file of a decoded cache. */
export interface DecodedCacheIndex {
  /** Of this layout. */
  readonly version: 1;
  /** Of the dataset. */
  readonly fingerprint: string;
  readonly height: number;
  readonly width: number;
  readonly classes: readonly string[];
  /** One path an image, relative to the dataset's folder. */
  readonly paths: readonly string[];
  /** One an image, an index into `classes`. */
  readonly labels: readonly number[];
  readonly split: DatasetSplit;
}

/** A decoded cache was deleted, cut short or belongs to something else; it has to be built again. */
export class DecodedCacheError extends HoneError {
  constructor(message: string, options?: ErrorOptions) {
    super('decoded-cache', message, options);
  }
}

/** Bytes of a channel of each pixel of an image. */
const CHANNELS = 3;
/** Up to this size the whole file is kept in memory; larger ones are read image by image from the page cache. */
const MAX_RESIDENT_BYTES = 64 * 2 ** 20;

/**
 * Reads decoded images: what a trainer needs of a dataset. No image library is loaded.
 *
 * Reads are synchronous: a trainer has nothing else to do, and a read takes microseconds.
 */
export class DecodedCacheReader {
  readonly classes: readonly string[];
  /** One path an image, relative to the dataset's folder. */
  readonly paths: readonly string[];
  /** One an image, an index into {@link classes}. */
  readonly labels: Int32Array;
  readonly split: DatasetSplit;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  private readonly file: string;
  private readonly imageBytes: number;
  private readonly resident: Uint8Array | null;
  private descriptor: number | null;

  /**
   * Opens a cache.
   *
   * @throws DecodedCacheError where it is missing or incomplete.
   */
  constructor(info: DecodedCacheInfo) {
    const index = readIndex(info);
    this.classes = index.classes;
    this.paths = index.paths;
    this.labels = Int32Array.from(index.labels);
    this.split = index.split;
    this.height = info.height;
    this.width = info.width;
    this.file = info.file;
    this.imageBytes = info.height * info.width * CHANNELS;
    this.descriptor = openCacheFile(info.file, this.imageBytes * info.imageCount);
    const isSmall = this.imageBytes * info.imageCount <= MAX_RESIDENT_BYTES;
    this.resident = isSmall ? readFileSync(this.descriptor) : null;
    if (isSmall) this.close();
  }

  get imageCount(): number {
    return this.labels.length;
  }

  /**
   * Copies images one after another into `target`.
   *
   * @param indices - Of images, in any order.
   * @param target - At least [indices.length, height, width, 3] bytes.
   * @throws DecodedCacheError where the file was cut short, RangeError for an index or a target out of range.
   */
  readImages(indices: ArrayLike<number>, target: Uint8Array): void {
    const { imageBytes } = this;
    if (target.length < indices.length * imageBytes)
      throw new RangeError('target is too small for the images');
    for (let at = 0; at < indices.length; at++) {
      const index = indices[at] as number;
      if (!(index >= 0 && index < this.imageCount)) throw new RangeError(`no image ${index} in the cache`);
      const start = index * imageBytes;
      if (this.resident) target.set(this.resident.subarray(start, start + imageBytes), at * imageBytes);
      else this.readImage(target, at * imageBytes, start);
    }
  }

  /** Closes the file; images of a small cache can still be read. */
  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private readImage(target: Uint8Array, offset: number, position: number): void {
    if (this.descriptor === null) throw new Error('the decoded cache is closed');
    let done = 0;
    while (done < this.imageBytes) {
      const read = readSync(this.descriptor, target, offset + done, this.imageBytes - done, position + done);
      if (read === 0) throw new DecodedCacheError(`The decoded images ${this.file} were cut short.`);
      done += read;
    }
  }
}

function readIndex(info: DecodedCacheInfo): DecodedCacheIndex {
  let index: DecodedCacheIndex;
  try {
    index = JSON.parse(readFileSync(info.indexFile, 'utf8')) as DecodedCacheIndex;
  } catch (error) {
    const sentence = `The index of the decoded images ${info.indexFile} cannot be read.`;
    throw new DecodedCacheError(sentence, { cause: error });
  }
  const fits =
    index.version === 1 &&
    index.height === info.height &&
    index.width === info.width &&
    index.labels.length === info.imageCount;
  if (!fits)
    throw new DecodedCacheError(`The index of the decoded images ${info.indexFile} belongs to others.`);
  return index;
}

function openCacheFile(file: string, sizeBytes: number): number {
  let found: number;
  try {
    found = statSync(file).size;
    if (found === sizeBytes) return openSync(file, 'r');
  } catch (error) {
    throw new DecodedCacheError(`The decoded images ${file} cannot be read.`, { cause: error });
  }
  throw new DecodedCacheError(`The decoded images ${file} have ${found} bytes where ${sizeBytes} belong.`);
}
