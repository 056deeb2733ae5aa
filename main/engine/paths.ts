import { basename, dirname, extname, join } from 'node:path';

/** Where a study's files stand that are too large for the database. */
export interface StudyPaths {
  /** Artifacts in Optuna's flat layout, and the trials' folders below `trials`. */
  readonly artifacts: string;
  /** Decoded images; may be deleted at any time. */
  readonly cache: string;
  /** Room that is given up when the disk is full, see `disk-reserve.ts`. */
  readonly reserve: string;
}

/** Folders beside the database: `library.db` has `library-artifacts` and `library-cache`. */
export function studyPaths(storageFile: string): StudyPaths {
  const folder = dirname(storageFile);
  const name = basename(storageFile, extname(storageFile));
  const artifacts = join(folder, `${name}-artifacts`);
  return {
    artifacts,
    cache: join(folder, `${name}-cache`),
    reserve: join(artifacts, 'disk-reserve'),
  };
}

/**
 * Folder of one trial's checkpoints and predictions.
 *
 * @param trialsFolder the study's own, see `StudyConfig`: ids of deleted studies are used again, so that the id
 *   alone could lead to another study's checkpoints.
 */
export function trialFolder(paths: StudyPaths, trialsFolder: string, number: number): string {
  return join(paths.artifacts, 'trials', trialsFolder, String(number));
}
