import { existsSync } from 'node:fs';
import { InvalidInputError, StorageError } from '../../../core/base/errors.ts';
import type { FrozenStudy } from '../../../core/storage/base.ts';
import { SqliteStorage } from '../../../core/storage/rdb/sqlite-storage.ts';
import type { FrozenTrial } from '../../../core/study/frozen-trial.ts';
import { isOwnerAlive } from '../../engine/owner.ts';
import { recoverTrials } from '../../engine/recovery.ts';
import { parseStorageFile } from '../options/storage-file.ts';

/** Names of studies that are listed in a sentence; of more, the rest is counted. */
const MAX_LISTED_STUDIES = 5;

/** A study as the readers of the command line see it. */
export interface StudyWithTrials {
  readonly study: FrozenStudy;
  /** By number. */
  readonly trials: readonly FrozenTrial[];
}

/**
 * Open a file for reading, of Hone or of Optuna, and close it after `work`. Nothing in it is changed, except that
 * trials of Hone whose process is gone go back to WAITING first.
 *
 * @param storage what `--storage` says, undefined for the user's library.
 * @throws {InvalidInputError} where there is no such file. @throws {StorageError} where it cannot be read.
 */
export async function readStorage<T>(
  storage: string | undefined,
  work: (storage: SqliteStorage) => Promise<T>,
): Promise<T> {
  const file = parseStorageFile(storage);
  if (!existsSync(file)) {
    const advice =
      storage === undefined ? 'hone tune makes it with its first study' : 'give an existing file';
    throw new InvalidInputError('--storage', `--storage is ${file}, but there is no such file; ${advice}.`);
  }
  await putOrphansBack(file);
  const opened = await SqliteStorage.open(file, { mode: 'read-only' });
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/**
 * The study of that name, or the only one of the file.
 *
 * @throws {InvalidInputError} where there is none, or several and no name.
 */
export async function findStudy(storage: SqliteStorage, name: string | undefined): Promise<FrozenStudy> {
  const studies = await storage.getAllStudies();
  const [first, ...others] = studies;
  if (first === undefined) {
    throw new InvalidInputError('--storage', `--storage is ${storage.file}, but this file holds no study.`);
  }
  const names = listed(studies.map((study) => study.studyName));
  if (name !== undefined) {
    const study = studies.find((candidate) => candidate.studyName === name);
    if (study !== undefined) return study;
    throw new InvalidInputError(
      '--study',
      `--study is ${JSON.stringify(name)}, but must be one of ${names}.`,
    );
  }
  if (others.length === 0) return first;
  throw new InvalidInputError('--study', `--study is needed, as ${storage.file} holds several: ${names}.`);
}

/** One study with all its trials, as it stands in the file. */
export async function readStudy(
  storage: string | undefined,
  name: string | undefined,
): Promise<StudyWithTrials> {
  return readStorage(storage, async (opened) => {
    const study = await findStudy(opened, name);
    return { study, trials: await opened.getAllTrials(study.studyId) };
  });
}

/** The trials of a study; none where a run was stopped before it made the file or the study. */
export async function readTrialsIfAny(file: string, name: string): Promise<readonly FrozenTrial[]> {
  if (!existsSync(file)) return [];
  return readStorage(file, async (opened) => {
    const study = (await opened.getAllStudies()).find((candidate) => candidate.studyName === name);
    return study === undefined ? [] : opened.getAllTrials(study.studyId);
  });
}

/** Trials that Hone started and nobody runs any more; a file without them, such as Python's, is not written to. */
async function putOrphansBack(file: string): Promise<void> {
  const reader = await SqliteStorage.open(file, { mode: 'read-only' });
  try {
    const owners = await reader.runRecords.listOwners();
    const alive = await Promise.all(owners.map(async ({ owner }) => isOwnerAlive(owner)));
    if (!alive.includes(false)) return;
  } finally {
    await reader.close();
  }
  try {
    const writer = await SqliteStorage.open(file, { mode: 'existing' });
    try {
      await recoverTrials(writer, writer.runRecords);
    } finally {
      await writer.close();
    }
  } catch (error) {
    // A file that may only be read is read as it is.
    if (!(error instanceof StorageError && error.reason === 'permission')) throw error;
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED_STUDIES).join(', ');
  const more = names.length - MAX_LISTED_STUDIES;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
