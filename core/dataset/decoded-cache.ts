import { createHash, hash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { HoneError, InvalidInputError, StorageError } from '../base/errors.ts';
import type {
  Dataset,
  DatasetImage,
  DatasetSplit,
  DatasetWorkOptions,
  DecodedCacheInfo,
  UnreadableFile,
} from './base.ts';
import { forEachBounded } from './bounded-work.ts';
import type { DecodedCacheIndex } from './decoded-cache-reader.ts';
import { decodeImage, READER_VERSION, readImageFile, UnreadableImageError } from './image-reader.ts';
import { throttleProgress } from './progress.ts';

const IMAGES_IN_FLIGHT = 2 * availableParallelism() + 4;
/** Left by builders that were killed; older ones belong to nobody. */
const ABANDONED_MS = 24 * 3600 * 1000;
const PARTIAL = '.partial-';

/** Images changed or vanished between the scan and now; the folder has to be scanned again. */
export class DatasetChangedError extends HoneError {
  /** Each with what happened to it. */
  readonly changed: readonly UnreadableFile[];

  constructor(folder: string, changed: readonly UnreadableFile[]) {
    const [first] = changed;
    const example = first ? `, such as ${first.path} (${first.reason})` : '';
    super(
      'dataset-changed',
      `${changed.length} images of ${folder} have changed since it was scanned${example}.`,
    );
    this.changed = changed;
  }
}

/**
 * Decodes a dataset once to one size, or finds that it was done before: a raw file of pixels, shared by all splits
 * and all processes, and an index with the labels and the split.
 *
 * Files are named by what they hold and appear complete or not at all, so that several processes may build and
 * read the same cache. They may be deleted at any time when nothing runs.
 *
 * @param size - Pixels.
 * @param folder - Where caches are kept; made where it is missing.
 * @throws DatasetChangedError where images changed or vanished since the scan, StorageError `disk-full` with the
 *   bytes needed, InvalidInputError where the folder may not be written.
 */
export async function buildDecodedCache(
  dataset: Dataset,
  split: DatasetSplit,
  size: { readonly height: number; readonly width: number },
  folder: string,
  options: DatasetWorkOptions = {},
): Promise<DecodedCacheInfo> {
  const { height, width } = size;
  const imageCount = dataset.images.length;
  const sizeBytes = imageCount * height * width * 3;
  const key = keyOf([dataset.fingerprint, READER_VERSION, height, width]);
  const file = path.join(path.resolve(folder), `images-${key}.rgb`);
  const indexFile = path.join(
    path.resolve(folder),
    `index-${keyOf([key, split.train, split.validation, split.test])}.json`,
  );
  options.signal?.throwIfAborted();
  try {
    await mkdir(folder, { recursive: true });
    await removeAbandoned(folder);
    if ((await sizeOf(file)) !== sizeBytes) {
      await refuseFullDisk(folder, sizeBytes);
      await writeWhole(file, (handle) => decodeAll(dataset, height, width, handle, options));
    }
    if ((await sizeOf(indexFile)) === null) {
      const index = indexOf(dataset, split, height, width);
      await writeWhole(indexFile, (handle) => writeFile(handle, JSON.stringify(index)));
    }
  } catch (error) {
    throw explainWriteError(error, folder, sizeBytes);
  }
  return { file, imageCount, height, width, indexFile };
}

async function decodeAll(
  dataset: Dataset,
  height: number,
  width: number,
  handle: FileHandle,
  options: DatasetWorkOptions,
): Promise<void> {
  const onProgress = throttleProgress(options.onProgress);
  const changed: UnreadableFile[] = [];
  const total = dataset.images.length;
  let done = 0;
  onProgress({ phase: 'decoding', done, total });
  await forEachBounded(dataset.images, IMAGES_IN_FLIGHT, options.signal, async (image, index) => {
    try {
      const bytes = await readUnchanged(dataset.folder, image);
      // After the first change the file will not be kept; the rest is only looked at, for the report.
      if (changed.length === 0) await writeImage(handle, await decodeImage(bytes, height, width), index);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      changed.push({ path: image.path, reason: error.message });
    }
    onProgress({ phase: 'decoding', done: ++done, total });
  });
  if (changed.length > 0) throw new DatasetChangedError(dataset.folder, changed);
}

async function readUnchanged(folder: string, image: DatasetImage): Promise<Buffer> {
  const { bytes } = await readImageFile(path.join(folder, image.path));
  if (hash('sha256', bytes) !== image.contentHash) throw new UnreadableImageError('its content is another');
  return bytes;
}

async function writeImage(handle: FileHandle, pixels: Buffer, index: number): Promise<void> {
  let done = 0;
  while (done < pixels.length) {
    const position = index * pixels.length + done;
    done += (await handle.write(pixels, done, pixels.length - done, position)).bytesWritten;
  }
}

/** The file appears under its name when it is complete and on disk; else nothing is left. */
async function writeWhole(file: string, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
  const partial = `${file}${PARTIAL}${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(partial, 'wx');
    try {
      await fill(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

function indexOf(dataset: Dataset, split: DatasetSplit, height: number, width: number): DecodedCacheIndex {
  return {
    version: 1,
    fingerprint: dataset.fingerprint,
    height,
    width,
    classes: dataset.classes,
    paths: dataset.images.map((image) => image.path),
    labels: dataset.images.map((image) => image.label),
    split,
  };
}

function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Null where there is no such file. */
async function sizeOf(file: string): Promise<number | null> {
  return stat(file).then(
    (found) => found.size,
    () => null,
  );
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.includes(PARTIAL)) continue;
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => null);
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(file, { force: true });
  }
}

async function refuseFullDisk(folder: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < sizeBytes) throw fullDiskError(folder, sizeBytes, bavail * bsize);
}

function fullDiskError(folder: string, sizeBytes: number, freeBytes?: number, cause?: unknown): StorageError {
  const free = freeBytes === undefined ? '' : ` and has ${freeBytes}`;
  const sentence = `The disk of ${folder} is full: the decoded images need ${sizeBytes} bytes${free}.`;
  return new StorageError('disk-full', sentence, { cause });
}

function explainWriteError(error: unknown, folder: string, sizeBytes: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return fullDiskError(folder, sizeBytes, undefined, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const sentence = `The folder for decoded images ${folder} may not be written by this user.`;
    return new InvalidInputError('cache folder', sentence, { cause: error });
  }
  return error;
}
