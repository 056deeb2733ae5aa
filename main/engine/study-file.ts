import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuplicatedStudyError, HoneError, InvalidInputError, NotFoundError } from '../../core/base/errors.ts';
import { checkDistributionCompatibility } from '../../core/distributions/compatibility.ts';
import type { DeclarativeSpace } from '../../core/search-space/search-space.ts';
import type { FrozenStudy } from '../../core/storage/base.ts';
import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import type { TrialOwner } from '../../core/storage/run-records.ts';
import type { RunEvent } from './run-contract.ts';
import { STUDY_CONFIG_KEY, type StudyConfig, studyConfigAsJson } from './study-config.ts';

/** How a run opens its file. */
export interface StudyFileOptions {
  readonly owner: TrialOwner;
  readonly emit: (event: RunEvent) => void;
  /** Aborted where the user does not wait for a locked database any longer. */
  readonly giveUp: AbortSignal;
}

/**
 * Open the database of a run, and make it where there is none.
 *
 * @throws {InvalidInputError} where the file is no usable database, or cannot be made.
 */
export async function openStudyFile(file: string, options: StudyFileOptions): Promise<SqliteStorage> {
  const { owner, emit, giveUp } = options;
  return asInputError(async () =>
    SqliteStorage.open(file, {
      owner,
      signal: giveUp,
      onWaiting: (message) => emit({ type: 'storage-waiting', message }),
      onReady: () => emit({ type: 'storage-ready' }),
    }),
  );
}

/**
 * As {@link openStudyFile}, but null where there is no file, and none is made.
 *
 * @throws {InvalidInputError} also where there is none and none can be made.
 */
export async function openExistingStudyFile(
  file: string,
  options: StudyFileOptions,
): Promise<SqliteStorage | null> {
  if (await exists(file)) return openStudyFile(file, options);
  const folder = dirname(file);
  if (!(await exists(folder))) {
    throw new InvalidInputError(
      'storage',
      `storage is ${file}, but there is no folder ${folder}; make it first.`,
    );
  }
  // Permissions do not tell all: nothing can be made in /proc, and making folders there never ends in Node.
  try {
    await (await open(file, 'wx')).close();
    await rm(file);
  } catch (error) {
    throw new InvalidInputError(
      'storage',
      `storage is ${file}, but no file can be made in the folder ${folder}; choose another (--storage).`,
      { cause: error },
    );
  }
  return null;
}

/** The study of that name, or null. */
export async function findStudy(storage: SqliteStorage, studyName: string): Promise<FrozenStudy | null> {
  try {
    return await storage.getStudy(await storage.getStudyIdFromName(studyName));
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

/**
 * Make the study where it does not exist, and keep the run's configuration with it.
 *
 * @returns the study's id.
 * @throws {InvalidInputError} where it cannot be written.
 */
export async function enterStudy(
  storage: SqliteStorage,
  studyName: string,
  config: StudyConfig,
): Promise<number> {
  return asInputError(async () => {
    let studyId: number;
    try {
      studyId = await storage.createStudy([config.direction], studyName);
    } catch (error) {
      if (!(error instanceof DuplicatedStudyError)) throw error;
      studyId = await storage.getStudyIdFromName(studyName);
    }
    await storage.setStudyUserAttr(studyId, STUDY_CONFIG_KEY, studyConfigAsJson(config));
    return studyId;
  });
}

/**
 * Check that trials which another program put into a study allow the space.
 *
 * @throws {InvalidInputError} naming the parameter and the way on.
 */
export async function checkTrialsAllowSpace(
  storage: SqliteStorage,
  study: FrozenStudy,
  space: DeclarativeSpace,
): Promise<void> {
  const trials = await storage.getAllTrials(study.studyId);
  for (const { name, distribution } of space) {
    const known = trials.find((trial) => trial.distributions.has(name))?.distributions.get(name);
    if (known === undefined) continue;
    try {
      checkDistributionCompatibility(name, known, distribution);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new InvalidInputError(
        `space: ${name}`,
        `Study '${study.studyName}' has trials that do not fit this space; give another study name (--study): ${error.message}`,
      );
    }
  }
}

/** A storage that fails before a run has started anything is wrong input: the sentence is the storage's. */
async function asInputError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HoneError) || error instanceof InvalidInputError) throw error;
    throw new InvalidInputError('storage', error.message, { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
