import { basename, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { StorageError } from '../../base/errors.ts';
import { connect, type OpenMode } from './connection.ts';
import { LockWait, type LockWaitOptions } from './lock-wait.ts';
import { createSchema, inspectSchema } from './schema.ts';
import { Session } from './session.ts';
import { isBusy, toStorageError } from './sqlite-errors.ts';

/** How to open a database file. */
export interface SqliteOptions extends LockWaitOptions {
  /** Default `create`. */
  readonly mode?: OpenMode;
}

/**
 * One connection to a database file in Optuna's schema, and its transactions.
 *
 * Transactions are synchronous and therefore short; what waits is only the beginning of one, while another
 * program writes. Writes happen in the order in which they were asked for.
 */
export class SqliteDatabase {
  /** Absolute path. */
  readonly file: string;
  readonly readOnly: boolean;
  readonly #connection: Database.Database;
  readonly #session: Session;
  readonly #lockWait: LockWait;
  /** Resolves when the last write asked for is done; never rejects. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  private constructor(file: string, connection: Database.Database, options: SqliteOptions) {
    this.file = file;
    this.readOnly = options.mode === 'read-only';
    this.#connection = connection;
    this.#session = new Session(connection, basename(file));
    this.#lockWait = new LockWait(file, options);
  }

  /**
   * Open a file, and make Optuna's tables where it is new.
   *
   * @throws {NotFoundError} where the file, or the folder to make it in, is missing.
   * @throws {StorageError} in all other cases, with a sentence for people.
   */
  static async open(file: string, options: SqliteOptions = {}): Promise<SqliteDatabase> {
    const path = resolve(file);
    const mode = options.mode ?? 'create';
    const connection = guarded(path, () => connect(path, mode));
    const database = new SqliteDatabase(path, connection, { ...options, mode });
    try {
      await database.#prepare(mode);
      return database;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Run a read in one consistent snapshot. `work` may run more than once. */
  async read<T>(work: (session: Session) => T): Promise<T> {
    this.#checkOpen();
    return this.#transact('BEGIN', work);
  }

  /** Run a write transaction; nothing of it stays where `work` throws. `work` may run more than once. */
  async write<T>(work: (session: Session) => T): Promise<T> {
    this.#checkOpen();
    if (this.readOnly)
      throw new StorageError('permission', `${basename(this.file)} was opened for reading only.`);
    const written = this.#lastWrite.then(() => this.#transact('BEGIN IMMEDIATE', work));
    this.#lastWrite = written.catch(() => undefined);
    return written;
  }

  /** Wait for the writes under way, fold the write-ahead log into the file and let go of it. */
  async close(): Promise<void> {
    this.#closing ??= this.#lastWrite.then(() => this.#disconnect());
    return this.#closing;
  }

  async #prepare(mode: OpenMode): Promise<void> {
    this.#connection.pragma('trusted_schema = OFF');
    const state = await this.read(inspectSchema);
    if (mode === 'read-only') {
      if (state === 'empty')
        throw new StorageError('not-a-database', `${basename(this.file)} holds no studies: it is empty.`);
      return;
    }
    // Nothing was written until here, so a file of an unknown version stays as it was.
    await this.#lockWait.retry(() => guarded(this.file, () => this.#connection.pragma('journal_mode = WAL')));
    this.#connection.pragma('synchronous = FULL');
    if (state === 'complete') return;
    await this.write((session) => {
      if (inspectSchema(session) !== 'complete') createSchema(session);
    });
  }

  async #transact<T>(begin: string, work: (session: Session) => T): Promise<T> {
    try {
      return await this.#lockWait.retry(() => this.#attempt(begin, work));
    } catch (error) {
      throw toStorageError(error, this.file);
    }
  }

  #attempt<T>(begin: string, work: (session: Session) => T): T {
    this.#connection.exec(begin);
    try {
      const result = work(this.#session);
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      // After some failures, a full disk among them, SQLite has rolled back by itself.
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new StorageError('io', `${basename(this.file)} was closed.`);
  }

  #disconnect(): void {
    if (!this.readOnly) {
      try {
        this.#connection.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // Somebody else is writing and folds the log in later; everything is durable in it.
      }
    }
    this.#connection.close();
  }
}

/** @throws {StorageError} for SQLite's errors, except that the database is locked. */
function guarded<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (isBusy(error)) throw error;
    throw toStorageError(error, file);
  }
}
