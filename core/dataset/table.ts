import { createReadStream } from 'node:fs';
import path from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { InvalidInputError } from '../base/errors.ts';
import type { SplitName, UnreadableFile } from './base.ts';
import { type LabelledFile, type Labelling, SPLIT_NAMES } from './labelling.ts';
import type { FolderListing } from './listing.ts';

const IMAGE_COLUMNS = [
  'image',
  'file',
  'filename',
  'file_name',
  'filepath',
  'file_path',
  'path',
  'image_path',
  'img',
];
const LABEL_COLUMNS = ['label', 'class', 'class_name', 'category', 'target'];
const SPLIT_COLUMNS = ['split', 'set', 'subset', 'partition'];

/** Where the columns of a table are; null where it has none of that meaning. */
interface TableColumns {
  readonly names: readonly string[];
  readonly image: number | null;
  readonly label: number | null;
  readonly split: number | null;
}

/** A table with its header; rows are read when they are needed. */
export interface LabelTable {
  /** Relative to the dataset's folder. */
  readonly name: string;
  readonly columns: TableColumns;
  readonly rows: () => AsyncIterable<readonly string[]>;
}

/**
 * Opens a table as far as its header. Commas, semicolons and tabs separate columns.
 *
 * @throws InvalidInputError where it cannot be read or is no table.
 */
export async function openTable(folder: string, name: string): Promise<LabelTable> {
  const file = path.join(folder, name);
  const delimiter = guessDelimiter(await readFirstLine(file, name));
  const records = (): AsyncIterable<readonly string[]> => readRecords(file, name, delimiter);
  let header: readonly string[] = [];
  for await (const record of records()) {
    header = record;
    break;
  }
  const keys = header.map((column) => column.toLowerCase().replaceAll(/[ -]/g, '_'));
  const find = (names: readonly string[]): number | null => {
    const at = names.map((column) => keys.indexOf(column)).find((position) => position >= 0);
    return at ?? null;
  };
  const columns = {
    names: header,
    image: find(IMAGE_COLUMNS),
    label: find(LABEL_COLUMNS),
    split: find(SPLIT_COLUMNS),
  };
  return { name, columns, rows: () => skipFirst(records()) };
}

/** True where the table has an image and a label column. */
export function hasLabelColumns({ columns }: LabelTable): boolean {
  return columns.image !== null && columns.label !== null;
}

/** The refusal of a table that {@link hasLabelColumns} is false for; names what it has and what is allowed. */
export function missingColumnsError(folder: string, { name, columns }: LabelTable): InvalidInputError {
  const missing = [
    ...(columns.image === null ? [`no image column (${IMAGE_COLUMNS.join(', ')})`] : []),
    ...(columns.label === null ? [`no label column (${LABEL_COLUMNS.join(', ')})`] : []),
  ];
  const found = columns.names.length > 0 ? `its columns are ${columns.names.join(', ')}` : 'it is empty';
  return new InvalidInputError('FOLDER', `FOLDER ${folder}: ${name} has ${missing.join(' and ')}; ${found}.`);
}

/**
 * Takes the labels from tables. Image names are relative to the dataset's folder.
 *
 * @param tables - Each with the split of rows that name none, or null.
 * @throws InvalidInputError for a split that is none.
 */
export async function labelByTables(
  listing: FolderListing,
  tables: ReadonlyArray<readonly [table: LabelTable, split: SplitName | null]>,
): Promise<Labelling> {
  const known = new Set([...listing.images, ...listing.unreadable.map((file) => file.path)]);
  const files = new Map<string, LabelledFile>();
  const unreadable = new Map<string, UnreadableFile>();
  for (const [table, tableSplit] of tables) {
    let row = 1;
    for await (const record of table.rows()) {
      row++;
      const where = `row ${row} of ${table.name}`;
      const name = (record[table.columns.image ?? -1] ?? '').trim();
      const className = (record[table.columns.label ?? -1] ?? '').trim();
      const imagePath = path.posix.normalize(name.replaceAll('\\', '/'));
      const split = readSplit(record[table.columns.split ?? -1], where, listing.folder) ?? tableSplit;
      const file = { path: imagePath, className, split };
      const problem = name === '' ? `${where} names no image` : findProblem(file, where, known, files);
      if (problem)
        unreadable.set(name === '' ? where : imagePath, {
          path: name === '' ? where : imagePath,
          reason: problem,
        });
      else files.set(imagePath, file);
    }
  }
  const names = tables.map(([table]) => table.name).join(', ');
  if (files.size === 0 && unreadable.size === 0) {
    const sentence = `FOLDER ${listing.folder}: ${names} has no row below its header; each row has to name an image and its label.`;
    throw new InvalidInputError('FOLDER', sentence);
  }
  for (const problem of unreadable.keys()) files.delete(problem);
  const unnamed = listing.images.filter((image) => !files.has(image) && !unreadable.has(image)).length;
  const leftOut = unnamed === 1 ? '1 image is left out: it is' : `${unnamed} images are left out: they are`;
  const warnings = unnamed > 0 ? [`${leftOut} not named in ${names}.`] : [];
  return {
    shape: 'table',
    files: [...files.values()],
    folderClasses: [],
    unreadable: [...unreadable.values()],
    warnings,
  };
}

function findProblem(
  file: LabelledFile,
  where: string,
  known: ReadonlySet<string>,
  files: ReadonlyMap<string, LabelledFile>,
): string | null {
  if (file.className === '') return `no label in ${where}`;
  if (file.path.startsWith('../') || path.isAbsolute(file.path))
    return `${where} names an image outside the folder`;
  if (!known.has(file.path)) return `named in ${where}, but there is no such image`;
  const earlier = files.get(file.path);
  if (!earlier || (earlier.className === file.className && earlier.split === file.split)) return null;
  return `named twice with different labels or splits, again in ${where}`;
}

function readSplit(text: string | undefined, where: string, folder: string): SplitName | null {
  const name = (text ?? '').trim();
  if (name === '') return null;
  const split = SPLIT_NAMES.get(name.toLowerCase());
  if (split) return split;
  const allowed = [...SPLIT_NAMES.keys()].join(', ');
  const sentence = `FOLDER ${folder}: ${where} has the split "${name}"; allowed are ${allowed} or nothing.`;
  throw new InvalidInputError('FOLDER', sentence);
}

async function* readRecords(
  file: string,
  name: string,
  delimiter: string,
): AsyncGenerator<readonly string[]> {
  const input = createReadStream(file);
  const options = { bom: true, delimiter, trim: true, skip_empty_lines: true, relax_column_count: true };
  const parser = parse(options);
  // Errors of the file reach the loop below through the parser.
  input.on('error', (error) => parser.destroy(error));
  try {
    for await (const record of input.pipe(parser) as AsyncIterable<readonly string[]>) yield record;
  } catch (error) {
    throw tableError(file, name, error);
  } finally {
    input.destroy();
  }
}

async function readFirstLine(file: string, name: string): Promise<string> {
  try {
    const input = createReadStream(file, { encoding: 'utf8', end: 65_535 });
    let text = '';
    for await (const chunk of input) text += String(chunk);
    return text.split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw tableError(file, name, error);
  }
}

function guessDelimiter(line: string): string {
  const counts = [',', ';', '\t'].map((delimiter) => [line.split(delimiter).length, delimiter] as const);
  return counts.reduce((best, next) => (next[0] > best[0] ? next : best))[1];
}

async function* skipFirst<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let isFirst = true;
  for await (const item of items) {
    if (!isFirst) yield item;
    isFirst = false;
  }
}

function tableError(file: string, name: string, error: unknown): InvalidInputError {
  const folder = path.dirname(file);
  const isPermission =
    error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
  let problem = `cannot be read as a table (${error instanceof Error ? error.message : String(error)})`;
  if (isPermission) problem = 'may not be read by this user';
  else if (error instanceof CsvError) problem = `is not a well-formed CSV table: ${error.message}`;
  return new InvalidInputError('FOLDER', `FOLDER ${folder}: ${name} ${problem}.`, { cause: error });
}
