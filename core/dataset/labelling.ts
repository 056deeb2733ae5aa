import type { DatasetShape, SplitName, UnreadableFile } from './base.ts';

/** A file named like an image, with the label that its folder or the table gives. */
export interface LabelledFile {
  /** Relative to the dataset's folder, with `/`. */
  readonly path: string;
  readonly className: string;
  readonly split: SplitName | null;
}

/** How a folder is labelled. */
export interface Labelling {
  readonly shape: DatasetShape;
  readonly files: readonly LabelledFile[];
  /** Classes that have a folder, with or without images. */
  readonly folderClasses: readonly string[];
  readonly unreadable: readonly UnreadableFile[];
  /** Sentences about what was left out. */
  readonly warnings: readonly string[];
}

/** Names of splits in tables and of folders, and what they mean. */
export const SPLIT_NAMES: ReadonlyMap<string, SplitName> = new Map([
  ['train', 'train'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['test', 'test'],
]);
