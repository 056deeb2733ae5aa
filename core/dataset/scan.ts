import { createHash, hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { InvalidInputError } from '../base/errors.ts';
import type { Dataset, DatasetImage, DatasetWorkOptions, UnreadableFile } from './base.ts';
import { forEachBounded } from './bounded-work.ts';
import { groupDuplicates } from './duplicates.ts';
import { examineImage, readImageFile, statImageFile, UnreadableImageError } from './image-reader.ts';
import type { LabelledFile, Labelling } from './labelling.ts';
import { type FolderListing, listFolder } from './listing.ts';
import { throttleProgress } from './progress.ts';
import { ScanIndex, type ScannedFile } from './scan-index.ts';
import { describeFindings } from './scan-warnings.ts';
import { recogniseShape } from './shape.ts';

/** Options of {@link scanDataset}. */
export interface ScanOptions extends DatasetWorkOptions {
  /** Where to remember what unchanged files hold, so that the next scan is quick; nothing is remembered without. */
  readonly indexFolder?: string;
}

/** A file goes through the thread pool several times: with more in flight than cores none waits for a decoder. */
const IMAGES_IN_FLIGHT = 2 * availableParallelism() + 4;

interface ScanResult {
  readonly scanned: ReadonlyMap<string, ScannedFile>;
  readonly unreadable: readonly UnreadableFile[];
}

/**
 * Scans a folder of images: recognises its shape, decodes every image once, finds duplicates.
 *
 * @param folder - Only read.
 * @throws InvalidInputError, naming `FOLDER`, where it cannot be used: missing, empty, without labels, of one class.
 */
export async function scanDataset(folder: string, options: ScanOptions = {}): Promise<Dataset> {
  const { signal, indexFolder } = options;
  const onProgress = throttleProgress(options.onProgress);
  const listing = await listFolder(folder, signal, onProgress);
  const labelling = await recogniseShape(listing);
  signal?.throwIfAborted();
  const index = indexFolder === undefined ? null : await ScanIndex.open(indexFolder, listing.folder);
  const { scanned, unreadable } = await examineFiles(listing.folder, labelling.files, index, {
    ...(signal && { signal }),
    onProgress,
  });
  await index?.save();
  return assembleDataset(listing, labelling, scanned, unreadable);
}

async function examineFiles(
  folder: string,
  files: readonly LabelledFile[],
  index: ScanIndex | null,
  { signal, onProgress }: DatasetWorkOptions,
): Promise<ScanResult> {
  const scanned = new Map<string, ScannedFile>();
  const unreadable: UnreadableFile[] = [];
  let done = 0;
  onProgress?.({ phase: 'scanning', done, total: files.length });
  await forEachBounded(files, IMAGES_IN_FLIGHT, signal, async (file) => {
    try {
      const found = await examineFile(folder, file.path, index);
      scanned.set(file.path, found);
      index?.add(found);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      unreadable.push({ path: file.path, reason: error.message });
    }
    onProgress?.({ phase: 'scanning', done: ++done, total: files.length });
  });
  return { scanned, unreadable };
}

async function examineFile(folder: string, relative: string, index: ScanIndex | null): Promise<ScannedFile> {
  const file = path.join(folder, relative);
  if (index) {
    const { size, mtimeMs } = await statImageFile(file);
    const known = index.find(relative, size, mtimeMs);
    if (known) return known;
  }
  const { bytes, mtimeMs } = await readImageFile(file);
  const examined = await examineImage(bytes);
  return {
    path: relative,
    sizeBytes: bytes.length,
    mtimeMs,
    ...examined,
    contentHash: hash('sha256', bytes),
  };
}

async function assembleDataset(
  listing: FolderListing,
  labelling: Labelling,
  scanned: ReadonlyMap<string, ScannedFile>,
  unreadableFiles: readonly UnreadableFile[],
): Promise<Dataset> {
  const readable = labelling.files.filter((file) => scanned.has(file.path)).toSorted(byPath);
  const problems = [...listing.unreadable, ...labelling.unreadable, ...unreadableFiles];
  const unreadable = [...new Map(problems.map((file) => [file.path, file])).values()].sort(byPath);
  const classes = [...new Set(readable.map(({ className }) => className))].sort();
  refuseTooFewClasses(listing, classes, readable, unreadable);
  const labels = new Map(classes.map((name, label) => [name, label]));
  const groups = await groupDuplicates(readable.map((file) => scanned.get(file.path) as ScannedFile));
  const images = readable.map((file, index): DatasetImage => {
    const found = scanned.get(file.path) as ScannedFile;
    return {
      path: file.path,
      label: labels.get(file.className) ?? 0,
      width: found.width,
      height: found.height,
      sizeBytes: found.sizeBytes,
      contentHash: found.contentHash,
      perceptualHash: found.perceptualHash,
      duplicateGroup: groups[index] ?? 0,
      split: file.split,
    };
  });
  return {
    folder: listing.folder,
    shape: labelling.shape,
    classes,
    images,
    unreadable,
    warnings: [...labelling.warnings, ...describeFindings(classes, labelling.folderClasses, images)],
    fingerprint: fingerprintOf(classes, images),
  };
}

function refuseTooFewClasses(
  listing: FolderListing,
  classes: readonly string[],
  readable: readonly LabelledFile[],
  unreadable: readonly UnreadableFile[],
): void {
  if (classes.length >= 2) return;
  const [only] = classes;
  const [first] = unreadable;
  if (only === undefined) {
    const example = first ? `, such as ${first.path}: ${first.reason}` : '';
    const sentence = `FOLDER ${listing.folder} has no image that can be read${example}; it has to hold images of two classes at least.`;
    throw new InvalidInputError('FOLDER', sentence);
  }
  const inner = new Set(readable.map((file) => file.path.split('/').slice(0, 2).join('/')));
  const hasInnerFolders = readable.some((file) => file.path.split('/').length > 2) && inner.size > 1;
  const hint = hasInnerFolders ? ` (${path.join(listing.folder, only)} may be the folder that is meant)` : '';
  const sentence = `FOLDER ${listing.folder} has only one class, "${only}"; it has to hold images of two classes at least${hint}.`;
  throw new InvalidInputError('FOLDER', sentence);
}

function fingerprintOf(classes: readonly string[], images: readonly DatasetImage[]): string {
  const digest = createHash('sha256');
  digest.update(JSON.stringify(classes));
  for (const { path: file, label, split, contentHash } of images) {
    digest.update(JSON.stringify([file, label, split, contentHash]));
  }
  return digest.digest('hex');
}

function byPath(first: { readonly path: string }, second: { readonly path: string }): number {
  if (first.path === second.path) return 0;
  return first.path < second.path ? -1 : 1;
}
