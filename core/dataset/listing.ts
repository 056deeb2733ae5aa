import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { InvalidInputError } from '../base/errors.ts';
import type { DatasetProgress, UnreadableFile } from './base.ts';
import { hasImageExtension } from './image-formats.ts';

/** What lies in a folder, by names alone; no file is opened. All paths are relative, with `/`, and sorted. */
export interface FolderListing {
  /** Absolute. */
  readonly folder: string;
  /** Files named like images. */
  readonly images: readonly string[];
  /** Files named `*.csv` at the top. */
  readonly tables: readonly string[];
  /** Folders at the top and one below, where classes may be. */
  readonly folders: readonly string[];
  /** Other files, not counting hidden ones. */
  readonly otherCount: number;
  /** Folders that cannot be listed, links that lead nowhere, folders named like images. */
  readonly unreadable: readonly UnreadableFile[];
}

const CLASS_DEPTH = 2;

interface OpenFolder {
  readonly relative: string;
  /** Real paths of this folder and those above it, to see where links lead in a circle. */
  readonly chain: readonly string[];
}

interface FoundEntries {
  readonly images: string[];
  readonly tables: string[];
  readonly folders: string[];
  readonly unreadable: UnreadableFile[];
  otherCount: number;
}

/**
 * Lists a folder with all folders below it. Links are followed; hidden entries are passed over.
 *
 * @throws InvalidInputError where the folder is missing, no folder or not permitted.
 */
export async function listFolder(
  folder: string,
  signal: AbortSignal | undefined,
  onProgress: (progress: DatasetProgress) => void,
): Promise<FolderListing> {
  const root = path.resolve(folder);
  const found: FoundEntries = { images: [], tables: [], folders: [], unreadable: [], otherCount: 0 };
  const open: OpenFolder[] = [{ relative: '', chain: [await realFolder(root)] }];
  for (let current = open.pop(); current; current = open.pop()) {
    signal?.throwIfAborted();
    for (const entry of await readEntries(root, current.relative, found.unreadable)) {
      if (isHidden(entry.name)) continue;
      const inner = await addEntry(root, current, entry, found);
      if (inner) open.push(inner);
    }
    onProgress({ phase: 'listing', done: found.images.length, total: 0 });
  }
  for (const names of [found.images, found.tables, found.folders]) names.sort();
  found.unreadable.sort((first, second) => (first.path < second.path ? -1 : 1));
  return { folder: root, ...found };
}

/** The folder behind an entry, where it is one that is to be listed too. */
async function addEntry(
  root: string,
  parent: OpenFolder,
  entry: Dirent,
  found: FoundEntries,
): Promise<OpenFolder | null> {
  const relative = parent.relative === '' ? entry.name : `${parent.relative}/${entry.name}`;
  const isImage = hasImageExtension(entry.name);
  const kind = entry.isSymbolicLink() ? await followLink(path.join(root, relative)) : kindOf(entry);
  if (kind === 'folder' && isImage) {
    found.unreadable.push({ path: relative, reason: 'a folder, not a file' });
    return null;
  }
  if (kind === 'folder') {
    const inner = await enterFolder(root, parent, entry, relative);
    if (inner === null) found.unreadable.push({ path: relative, reason: 'a link to a folder above it' });
    else if (relative.split('/').length <= CLASS_DEPTH) found.folders.push(relative);
    return inner;
  }
  // Broken links and pipes named like images are kept: the reader says what is wrong with them.
  if (isImage) found.images.push(relative);
  else if (kind === 'file' && parent.relative === '' && /\.csv$/i.test(entry.name))
    found.tables.push(relative);
  else found.otherCount++;
  return null;
}

/** Null where the folder is one of those above it. */
async function enterFolder(
  root: string,
  parent: OpenFolder,
  entry: Dirent,
  relative: string,
): Promise<OpenFolder | null> {
  const real = entry.isSymbolicLink()
    ? await realpath(path.join(root, relative))
    : path.join(parent.chain.at(-1) ?? root, entry.name);
  return parent.chain.includes(real) ? null : { relative, chain: [...parent.chain, real] };
}

type EntryKind = 'file' | 'folder' | 'other';

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): EntryKind {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

async function followLink(file: string): Promise<EntryKind> {
  return stat(file).then(kindOf, () => 'other');
}

async function readEntries(root: string, relative: string, unreadable: UnreadableFile[]): Promise<Dirent[]> {
  try {
    return await readdir(path.join(root, relative), { withFileTypes: true });
  } catch (error) {
    if (relative === '') throw folderError(root, error);
    const reason = isPermissionError(error) ? 'permission denied' : 'a folder that cannot be listed';
    unreadable.push({ path: relative, reason });
    return [];
  }
}

async function realFolder(root: string): Promise<string> {
  try {
    const found = await stat(root);
    if (found.isDirectory()) return await realpath(root);
  } catch (error) {
    throw folderError(root, error);
  }
  throw new InvalidInputError('FOLDER', `FOLDER ${root} is a file; it has to be a folder of images.`);
}

function folderError(root: string, error: unknown): InvalidInputError {
  let problem = 'does not exist; it has to be a folder of images';
  if (isPermissionError(error))
    problem = 'may not be read by this user; it has to be a folder that can be read';
  else if (codeOf(error) === 'ENOTDIR') problem = 'lies below a file; it has to be a folder of images';
  else if (codeOf(error) !== 'ENOENT')
    problem = `cannot be read (${codeOf(error)}); it has to be a folder of images`;
  return new InvalidInputError('FOLDER', `FOLDER ${root} ${problem}.`, { cause: error });
}

function isPermissionError(error: unknown): boolean {
  return codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** Also what macOS and Windows leave in folders. */
function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db' || name === 'desktop.ini';
}
