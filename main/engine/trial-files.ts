import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { artifactPath, listArtifacts, storeArtifact } from '../../core/storage/artifacts.ts';
import { type FrozenTrial, isFinished } from '../../core/study/frozen-trial.ts';
import { BEST_CHECKPOINT_FILE, PREDICTIONS_FILE } from '../../core/training/trial-files.ts';
import { trialFolder } from './paths.ts';
import type { RunContext } from './run-context.ts';

const MIME_TYPES = {
  [BEST_CHECKPOINT_FILE]: 'application/octet-stream',
  [PREDICTIONS_FILE]: 'application/json',
} as const;

/** A file of a trial that outlives it. */
export type KeptFile = keyof typeof MIME_TYPES;

/**
 * Keep files of a trial that is about to be told as artifacts. What is kept already, by a run that was killed right
 * after, is not kept twice; what the trainer has not written is left out.
 *
 * @throws {StorageError} `disk-full` among others.
 */
export async function keepAsArtifacts(
  context: RunContext,
  trial: FrozenTrial,
  files: readonly KeptFile[],
): Promise<void> {
  const folder = folderOf(context, trial.number);
  const kept = new Set(listArtifacts(trial).map(({ filename }) => filename));
  for (const filename of files) {
    const path = join(folder, filename);
    if (kept.has(filename) || !(await exists(path))) continue;
    const artifact = { filename, mimetype: MIME_TYPES[filename] };
    await storeArtifact(context.study.storage, trial.trialId, context.paths.artifacts, artifact, { path });
  }
}

/** Delete what only a trial under way needs: its folder, once its end is written. */
export async function removeTrialFolder(context: RunContext, number: number): Promise<void> {
  await rm(folderOf(context, number), { recursive: true, force: true, maxRetries: 3 });
}

/** Delete the folders of trials that are finished: of those told right before their process was killed. */
export async function sweepTrialFolders(context: RunContext): Promise<void> {
  const folder = dirname(folderOf(context, 0));
  if (!(await exists(folder))) return;
  const trials = await context.study.getTrials();
  for (const name of await readdir(folder)) {
    const trial = trials[Number(name)];
    if (trial !== undefined && isFinished(trial.state)) await removeTrialFolder(context, trial.number);
  }
}

/**
 * Put the best checkpoint that a finished trial left back into the trial's folder, where trainers look for it.
 *
 * @returns false where the trial left none, or somebody deleted it.
 */
export async function restoreBestCheckpoint(context: RunContext, trial: FrozenTrial): Promise<boolean> {
  const artifact = listArtifacts(trial).find(({ filename }) => filename === BEST_CHECKPOINT_FILE);
  if (artifact === undefined) return false;
  const source = artifactPath(context.paths.artifacts, artifact.artifactId);
  if (!(await exists(source))) return false;
  const folder = folderOf(context, trial.number);
  await mkdir(folder, { recursive: true });
  await copyFile(source, join(folder, BEST_CHECKPOINT_FILE));
  return true;
}

function folderOf(context: RunContext, number: number): string {
  return trialFolder(context.paths, context.config.trialsFolder, number);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
