import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { NotFoundError, StorageError } from '../../base/errors.ts';

/**
 * What opening a file may do.
 *
 * - `create`: make it where it is missing, write to it.
 * - `existing`: write to it, but do not make it.
 * - `read-only`: change nothing in it, whatever program made it.
 */
export type OpenMode = 'create' | 'existing' | 'read-only';

const HEADER = 'SQLite format 3\0';
/** Two bytes of the header that say how the file is journaled: 1 rollback journal, 2 write-ahead log. */
const JOURNAL_FORMAT_OFFSET = 18;
const ROLLBACK_JOURNAL = 1;
const WRITE_AHEAD_LOG = 2;

/**
 * Connects to a file; reads no table yet.
 *
 * @throws {NotFoundError} where the file or, in mode `create`, its folder is missing.
 * @throws {StorageError} `not-a-database` or `permission`.
 */
export function connect(file: string, mode: OpenMode): Database.Database {
  checkFile(file, mode);
  // The busy timeout is 0 because SQLite would wait with the event loop blocked; LockWait waits instead.
  if (mode !== 'read-only') {
    if (existsSync(file) && !isWritable(file))
      throw new StorageError(
        'permission',
        `${basename(file)} is write-protected; change its permissions or copy it to another folder.`,
      );
    return new Database(file, { timeout: 0, fileMustExist: mode === 'existing' });
  }
  if (isWritable(file) && isWritable(dirname(file))) {
    // A connection that could write folds nothing in and leaves nothing behind, which a read-only one cannot:
    // it leaves the shared-memory file and fails on a file whose last writer was killed.
    const database = new Database(file, { timeout: 0, fileMustExist: true });
    database.pragma('query_only = ON');
    return database;
  }
  return needsSnapshot(file) ? openSnapshot(file) : new Database(file, { timeout: 0, readonly: true });
}

function checkFile(file: string, mode: OpenMode): void {
  const name = basename(file);
  if (!existsSync(file)) {
    if (mode !== 'create') throw new NotFoundError(`There is no file ${file}.`);
    if (!existsSync(dirname(file)))
      throw new NotFoundError(`There is no folder ${dirname(file)} to make ${name} in.`);
    if (!isWritable(dirname(file)))
      throw new StorageError(
        'permission',
        `${name} cannot be made: the folder ${dirname(file)} is read-only.`,
      );
    return;
  }
  const stats = statSync(file);
  if (!stats.isFile()) throw new StorageError('not-a-database', `${file} is a folder, not a database file.`);
  if (!isReadable(file))
    throw new StorageError('permission', `${name} cannot be read; change its permissions.`);
  if (stats.size === 0 && mode === 'create') return;
  if (readHeader(file).toString('latin1', 0, HEADER.length) !== HEADER)
    throw new StorageError('not-a-database', `${name} is not an SQLite database; choose another file.`);
}

/**
 * A write-ahead log needs a shared-memory file. Where none can be made, on a read-only disk say, SQLite cannot
 * open such a file although all that was committed is in it.
 */
function needsSnapshot(file: string): boolean {
  const logFile = `${realpathSync(file)}-wal`;
  const logged = existsSync(logFile) && statSync(logFile).size > 0;
  return readHeader(file)[JOURNAL_FORMAT_OFFSET] === WRITE_AHEAD_LOG && !logged;
}

function openSnapshot(file: string): Database.Database {
  const content = readFileSync(file);
  content[JOURNAL_FORMAT_OFFSET] = ROLLBACK_JOURNAL;
  content[JOURNAL_FORMAT_OFFSET + 1] = ROLLBACK_JOURNAL;
  return new Database(content, { readonly: true });
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return header;
}

function isWritable(path: string): boolean {
  return isAllowed(path, constants.W_OK);
}

function isReadable(path: string): boolean {
  return isAllowed(path, constants.R_OK);
}

function isAllowed(path: string, access: number): boolean {
  try {
    accessSync(path, access);
    return true;
  } catch {
    return false;
  }
}
