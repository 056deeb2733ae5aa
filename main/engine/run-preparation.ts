import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidInputError } from '../../core/base/errors.ts';
import { loadStudy } from '../../core/create-study.ts';
import type { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import type { TrialOwner } from '../../core/storage/run-records.ts';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import { trainingConfig } from '../../core/training/config.ts';
import { DatasetPreparation } from './dataset-preparation.ts';
import { studyPaths } from './paths.ts';
import { recoverTrials, releaseOwnTrials } from './recovery.ts';
import type { RunContext } from './run-context.ts';
import type { RunEvent, RunRequest } from './run-contract.ts';
import { createSampler, type RunPlan } from './run-plan.ts';
import {
  checkCarriesOn,
  checkSameDataset,
  chooseFixed,
  chooseSeed,
  readStudyConfig,
  runConfig,
  type StudyConfig,
} from './study-config.ts';
import {
  checkTrialsAllowSpace,
  enterStudy,
  findStudy,
  openExistingStudyFile,
  openStudyFile,
} from './study-file.ts';
import type { TrainerPool } from './trainer-pool.ts';
import { sweepTrialFolders } from './trial-files.ts';

/** What a preparation is given by the run that it is for. */
export interface PreparationParts {
  readonly owner: TrialOwner;
  readonly pool: TrainerPool;
  readonly emit: (event: RunEvent) => void;
  /** Aborted where the run is stopped: cancels scan and decoding. */
  readonly stopped: AbortSignal;
  /** Aborted where a locked database is not waited for any longer. */
  readonly giveUp: AbortSignal;
}

/** A study that is open and whose images are scanned. */
export interface PreparedRun {
  readonly context: RunContext;
  readonly storage: SqliteStorage;
  /** Numbers of trials that were put back to WAITING because their process is gone. */
  readonly recoveredTrials: readonly number[];
}

/** What the file has of the study before the run. */
interface ExistingStudy {
  readonly storage: SqliteStorage | null;
  readonly exists: boolean;
  /** Null also for a study that another program made. */
  readonly config: StudyConfig | null;
}

/**
 * Open the study of a request and scan its images. Everything that can be wrong is found before the first write:
 * the study that exists, then the folder, then the room on the disk.
 *
 * @throws {InvalidInputError} where nothing was started.
 * @throws the reason of `stopped`.
 */
export async function prepareRun(
  request: RunRequest,
  plan: RunPlan,
  parts: PreparationParts,
): Promise<PreparedRun> {
  const existing = await openExisting(request, plan, parts);
  let storage = existing.storage;
  const { cache } = studyPaths(request.storageFile);
  const hadCache = existsSync(cache);
  try {
    const dataset = await prepareDataset(request, parts, existing);
    storage ??= await openStudyFile(request.storageFile, parts);
    if (!existing.exists && (await findStudy(storage, request.studyName)) !== null) {
      // Another process made it while the images were read: its seed, split and objective hold.
      await storage.close();
      return await prepareRun(request, plan, parts);
    }
    const config = runConfig(request, existing.config, dataset.dataset, dataset.seed);
    const studyId = await enterStudy(storage, request.studyName, config);
    // What an earlier run of this very process had to leave behind is nobody's any more.
    await releaseOwnTrials(storage.runRecords, studyId, parts.owner);
    const recovered = await recoverTrials(storage, storage.runRecords, studyId);
    const context = await openContext(request, plan, parts, { storage, studyId, config, dataset });
    await sweepTrialFolders(context);
    return { context, storage, recoveredTrials: recovered.map(({ number }) => number) };
  } catch (error) {
    await storage?.close();
    // What was refused leaves nothing beside a file that does not exist; a scan that was interrupted is kept.
    const isRefused = error instanceof InvalidInputError && storage === null;
    if (isRefused && !hadCache) await rm(cache, { recursive: true, force: true });
    throw error;
  }
}

async function openExisting(
  request: RunRequest,
  plan: RunPlan,
  parts: PreparationParts,
): Promise<ExistingStudy> {
  const storage = await openExistingStudyFile(request.storageFile, parts);
  try {
    const study = storage === null ? null : await findStudy(storage, request.studyName);
    if (storage === null || study === null) return { storage, exists: false, config: null };
    checkCarriesOn(study, request);
    await checkTrialsAllowSpace(storage, study, plan.space);
    return { storage, exists: true, config: readStudyConfig(study) };
  } catch (error) {
    await storage?.close();
    throw error;
  }
}

async function prepareDataset(
  request: RunRequest,
  { stopped, emit }: PreparationParts,
  existing: ExistingStudy,
): Promise<DatasetPreparation> {
  const cacheFolder = studyPaths(request.storageFile).cache;
  const seed = chooseSeed(request, existing.config);
  const dataset = await DatasetPreparation.scan(request, { cacheFolder, seed, signal: stopped, emit });
  checkSameDataset(request.studyName, existing.config, dataset.dataset);
  const fixed = chooseFixed(request, existing.config, dataset.dataset);
  const { imageHeight, imageWidth } = trainingConfig({}, fixed, request.epochs);
  if (!existing.exists) await dataset.checkRoom(dirname(request.storageFile), imageHeight, imageWidth);
  emit({ type: 'dataset-ready', dataset: dataset.summary(imageHeight, imageWidth) });
  return dataset;
}

/**
 * The seed of a sampler that finds no state of its own in the study. It is another one where trials have parameters
 * already, as a sampler that comes back after another would suggest those of its first trials again.
 */
function samplerSeed(seed: number, trials: readonly FrozenTrial[]): number {
  const drawnTrials = trials.filter((trial) => Object.keys(trial.params).length > 0).length;
  return (seed + drawnTrials) % 2 ** 32;
}

async function openContext(
  request: RunRequest,
  { pruner }: RunPlan,
  { pool, emit }: PreparationParts,
  opened: {
    readonly storage: SqliteStorage;
    readonly studyId: number;
    readonly config: StudyConfig;
    readonly dataset: DatasetPreparation;
  },
): Promise<RunContext> {
  const { storage, studyId, config, dataset } = opened;
  const records = storage.runRecords;
  // Two processes that drew from one stream would suggest the same twice.
  const isShared = (await records.listOwners()).some((owned) => owned.studyId === studyId);
  const seed = samplerSeed(config.seed, await storage.getAllTrials(studyId));
  const sampler = createSampler(config.sampler, isShared ? null : seed);
  const { studyName } = request;
  const study = await loadStudy({ storage, studyName, sampler, pruner, resumeSampler: !isShared });
  return { study, records, pruner, config, dataset, pool, paths: studyPaths(request.storageFile), emit };
}
