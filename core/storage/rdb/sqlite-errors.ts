import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { StorageError } from '../../base/errors.ts';
import { diskFullError, freeBytes } from '../storage-failures.ts';

/** What a write needs at least: a transaction's pages in the write-ahead log and their place in the file. */
const MIN_NEEDED_BYTES = 1024 * 1024;
/** Below this an input/output error is taken for a full disk: SQLite cannot tell for its shared-memory file. */
const FULL_BELOW_BYTES = 64 * 1024;

/** True where SQLite says that another connection holds a lock, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== null && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
}

/** The storage's error for one of SQLite's; any other error comes back as it is. */
export function toStorageError(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (code === null) return error;
  const name = basename(file);
  const options = { cause: error };
  if (code === 'SQLITE_FULL' || (code.startsWith('SQLITE_IOERR') && freeBytes(file) < FULL_BELOW_BYTES))
    return diskFullError(file, neededBytes(file), error);
  if (code === 'SQLITE_NOTADB')
    return new StorageError(
      'not-a-database',
      `${name} is not an SQLite database; choose another file.`,
      options,
    );
  if (code.startsWith('SQLITE_CORRUPT')) {
    const message = `${name} is damaged (${text(error)}); restore a copy, or save what is readable with 'sqlite3 ${name} .recover'.`;
    return new StorageError('damaged', message, options);
  }
  if (/^SQLITE_(READONLY|PERM|AUTH|CANTOPEN)/.test(code)) {
    const message = `${name} cannot be opened for writing; check the permissions of the file and of its folder.`;
    return new StorageError('permission', message, options);
  }
  return new StorageError('io', `${name} cannot be read or written (${code}: ${text(error)}).`, options);
}

/** SQLite's code of an error, such as `SQLITE_BUSY`, or null where SQLite did not raise it. */
function sqliteCode(error: unknown): string | null {
  return error instanceof Database.SqliteError ? error.code : null;
}

/** The write-ahead log has to find room in the database file as well. */
function neededBytes(file: string): number {
  if (!existsSync(file)) return MIN_NEEDED_BYTES;
  const logFile = `${realpathSync(file)}-wal`;
  return MIN_NEEDED_BYTES + (existsSync(logFile) ? statSync(logFile).size : 0);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
