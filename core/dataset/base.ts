/** What a scan of a folder of images tells; see `scan.ts`, `split.ts` and `decoded-cache.ts` beside it. */

/** How labels are laid out: `cat/1.png`; `train/cat/1.png`; a table with an image and a label column. */
export type DatasetShape = 'class-folders' | 'pre-split' | 'table';

/** The three parts of a split; folders named `val`, `valid` or `validation` are all `validation`. */
export type SplitName = 'train' | 'validation' | 'test';

/** One readable image. */
export interface DatasetImage {
  /** Relative to the dataset's folder, with `/`. */
  readonly path: string;
  /** Index into {@link Dataset.classes}. */
  readonly label: number;
  /** Pixels, after the EXIF rotation. */
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly contentHash: string;
  /** 64-bit difference hash of the picture, 16 hexadecimal digits; near duplicates differ in few bits. */
  readonly perceptualHash: string;
  /** Images of one group (exact or near duplicates) share the number and stay in one part of a split. */
  readonly duplicateGroup: number;
  /** Where the folder or the table says so, else null. */
  readonly split: SplitName | null;
}

/** A file that looks like an image and is none, or cannot be read; left out of every count. */
export interface UnreadableFile {
  readonly path: string;
  /** For people: `truncated PNG`, `permission denied`. */
  readonly reason: string;
}

/** A folder of images, scanned. Images are sorted by path, so that equal folders give equal datasets. */
export interface Dataset {
  /** Absolute path. */
  readonly folder: string;
  readonly shape: DatasetShape;
  /** Sorted names. */
  readonly classes: readonly string[];
  readonly images: readonly DatasetImage[];
  readonly unreadable: readonly UnreadableFile[];
  /** Sentences about what was found: duplicates across splits, tiny classes, empty class folders. */
  readonly warnings: readonly string[];
  /** Changes with any image, label or split: the key of everything derived. */
  readonly fingerprint: string;
}

/** Progress of long work: `done` of `total` (0 while the total is not known). */
export interface DatasetProgress {
  readonly phase: 'listing' | 'scanning' | 'decoding';
  readonly done: number;
  readonly total: number;
}

/** Options of long work on a dataset. */
export interface DatasetWorkOptions {
  /** Aborting rejects with the signal's reason and leaves nothing half-written behind. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** Indices into {@link Dataset.images}, ascending, each image in exactly one part. */
export interface DatasetSplit {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** A dataset decoded once to one size: what trainers read. Serialisable, so that it travels to a trainer. */
export interface DecodedCacheInfo {
  /** Raw uint8 file, [image, height, width, 3], images in the order of {@link Dataset.images}. */
  readonly file: string;
  readonly imageCount: number;
  readonly height: number;
  readonly width: number;
  /** JSON file with classes, label of each image and the split; see `DecodedCacheIndex`. */
  readonly indexFile: string;
}
