import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../../core/base/errors.ts';
import { fromFileError } from '../../core/storage/storage-failures.ts';

/** Enough for the last transactions of a run: trials put back to WAITING, the reason of the pause. */
const RESERVE_BYTES = 1024 * 1024;

/**
 * A file of real bytes beside the database that is given up when the disk is full, so that there is room to end
 * the run in order: without it even the words that tell why it stopped would not fit.
 */
export class DiskReserve {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Write the file; where there is no room even for this, the run goes on without it.
   *
   * @throws {StorageError} where its folder cannot be made or written.
   */
  static async take(file: string): Promise<DiskReserve> {
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, Buffer.alloc(RESERVE_BYTES, 1));
    } catch (error) {
      const failure = fromFileError(error, file, RESERVE_BYTES);
      if (!(failure instanceof StorageError) || failure.reason !== 'disk-full') throw failure;
      await rm(file, { force: true });
    }
    return new DiskReserve(file);
  }

  /** Give the room back, at the end of a run or when it is needed. */
  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}
