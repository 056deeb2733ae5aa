import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../../base/errors.ts';
import { isBusy } from './sqlite-errors.ts';

/** How to wait for a database that another program has locked, and whom to tell. */
export interface LockWaitOptions {
  /** Called once where a lock lasts longer than {@link reportAfterMs}; `message` is a sentence for people. */
  readonly onWaiting?: (message: string) => void;
  /** Called when the database is free again after {@link onWaiting}. */
  readonly onReady?: () => void;
  /** Default 1000. */
  readonly reportAfterMs?: number;
  /** Give up after so long with `StorageError('locked')`; without it waiting has no end. */
  readonly maxWaitMs?: number;
  /** Aborting gives up likewise: the user wants to leave. */
  readonly signal?: AbortSignal;
}

/** Pauses between attempts; the last one repeats. Short at first, since most transactions take milliseconds. */
const PAUSES_MS = [1, 2, 5, 10, 20, 40] as const;
const LONGEST_PAUSE_MS = 40;

/**
 * Repeats attempts that find the database locked, and leaves the event loop free in between.
 *
 * SQLite's own waiting would block the whole process: timers, trainers and the user's Ctrl-C.
 */
export class LockWait {
  readonly #file: string;
  readonly #options: LockWaitOptions;
  /** How many attempts wait and have said so. Reading may succeed while a write waits. */
  #waiting = 0;

  constructor(file: string, options: LockWaitOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Runs the attempt until it does not find the database locked. It may run many times. */
  async retry<T>(attempt: () => T): Promise<T> {
    const startMs = performance.now();
    let told = false;
    try {
      for (let count = 0; ; count += 1) {
        try {
          return attempt();
        } catch (error) {
          if (!isBusy(error)) throw error;
          const waitedMs = performance.now() - startMs;
          const { maxWaitMs = Number.POSITIVE_INFINITY, reportAfterMs = 1000, signal } = this.#options;
          if (waitedMs > maxWaitMs || signal?.aborted)
            throw new StorageError('locked', await this.#describe('it was given up'), { cause: error });
          if (!told && waitedMs > reportAfterMs) {
            told = true;
            await this.#tellWaiting();
          }
        }
        // Half of each pause is random, so that several waiting programs do not meet again and again.
        await delay((PAUSES_MS[count] ?? LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
      }
    } finally {
      if (told) this.#tellReady();
    }
  }

  async #tellWaiting(): Promise<void> {
    this.#waiting += 1;
    if (this.#waiting > 1 || this.#options.onWaiting === undefined) return;
    this.#options.onWaiting(await this.#describe('waiting until it is free'));
  }

  #tellReady(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#options.onReady?.();
  }

  async #describe(consequence: string): Promise<string> {
    const holders = await findHolders(this.#file);
    const who = holders.length === 0 ? '' : ` (${holders.join(', ')} may hold it)`;
    return `${basename(this.#file)} is locked by another program${who}; ${consequence}.`;
  }
}

/** Other processes that have the file open, as `python3 (pid 4711)`; Linux only, elsewhere empty. */
async function findHolders(file: string): Promise<string[]> {
  try {
    const path = await realpath(file);
    const pids = (await readdir('/proc')).filter(
      (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
    );
    const found = await Promise.all(pids.map((pid) => describeHolder(pid, path)));
    return found.filter((holder) => holder !== null);
  } catch {
    return [];
  }
}

async function describeHolder(pid: string, path: string): Promise<string | null> {
  try {
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(
      descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')),
    );
    if (!targets.includes(path)) return null;
    return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`;
  } catch {
    // The process has ended, or belongs to somebody else.
    return null;
  }
}
