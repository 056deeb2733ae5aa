import { randomUUID } from 'node:crypto';
import { DuplicatedStudyError, InvalidInputError, NotFoundError } from './base/errors.ts';
import { MedianPruner } from './pruners/median-pruner.ts';
import type { Pruner } from './pruners/base.ts';
import type { Sampler } from './samplers/base.ts';
import { TPESampler } from './samplers/tpe/tpe-sampler.ts';
import type { Storage, StudySummary } from './storage/base.ts';
import { InMemoryStorage } from './storage/in-memory/in-memory-storage.ts';
import type { StudyDirection } from './study/frozen-trial.ts';
import { Study } from './study/study.ts';

/** What a study works with; each part has a default. */
export interface StudyOptions {
  /** In memory unless given. */
  readonly storage?: Storage;
  /** TPE unless given. Differs from Optuna: also for several objectives, as from Optuna 5 on. */
  readonly sampler?: Sampler;
  /** The median pruner unless given. */
  readonly pruner?: Pruner;
  /**
   * Whether the sampler continues where the study's last run left it. Unless given: where no trial is RUNNING, since
   * another process that works at the study would otherwise draw the same values.
   */
  readonly resumeSampler?: boolean;
}

/** What {@link createStudy} takes. */
export interface CreateStudyOptions extends StudyOptions {
  /** `no-name-` and a random id unless given. */
  readonly studyName?: string;
  /** Minimize unless given. Not together with `directions`. */
  readonly direction?: StudyDirection;
  /** One direction an objective. */
  readonly directions?: readonly StudyDirection[];
  /** Load the study where one of that name exists. */
  readonly loadIfExists?: boolean;
}

/** What {@link loadStudy} takes. */
export interface LoadStudyOptions extends StudyOptions {
  readonly storage: Storage;
  /** May be left out where the storage has one study only. */
  readonly studyName?: string;
}

/** A study in a storage. */
export interface StudyPlace {
  readonly studyName: string;
  readonly storage: Storage;
}

/** From where to where {@link copyStudy} copies. */
export interface CopyStudyOptions {
  readonly fromStudyName: string;
  readonly fromStorage: Storage;
  readonly toStorage: Storage;
  /** The same name unless given. */
  readonly toStudyName?: string;
}

/**
 * Create a study. Optuna: `create_study`.
 *
 * @throws {DuplicatedStudyError} where one of that name exists, unless `loadIfExists`.
 * @throws {InvalidInputError} where the directions are none.
 */
export async function createStudy(options: CreateStudyOptions = {}): Promise<Study> {
  const { storage = new InMemoryStorage(), studyName = `no-name-${randomUUID()}` } = options;
  const directions = readDirections(options);
  try {
    const studyId = await storage.createStudy(directions, studyName);
    return await openStudy(studyId, storage, options);
  } catch (error) {
    if (!(error instanceof DuplicatedStudyError) || !options.loadIfExists) throw error;
    return openStudy(await storage.getStudyIdFromName(studyName), storage, options);
  }
}

/**
 * Load a study. Optuna: `load_study`.
 *
 * @throws {NotFoundError} where there is no study of that name.
 * @throws {InvalidInputError} where no name is given and the storage has not exactly one study.
 */
export async function loadStudy(options: LoadStudyOptions): Promise<Study> {
  const { storage, studyName } = options;
  if (studyName !== undefined)
    return openStudy(await storage.getStudyIdFromName(studyName), storage, options);
  const studies = await storage.getAllStudies();
  const [only, ...others] = studies;
  if (only === undefined) throw new NotFoundError('The storage has no study.');
  if (others.length > 0) {
    const names = studies.map((study) => `'${study.studyName}'`).join(', ');
    throw new InvalidInputError(
      'studyName',
      `studyName is missing, but the storage has the studies ${names}.`,
    );
  }
  return openStudy(only.studyId, storage, options);
}

/** Delete a study with its trials. Optuna: `delete_study`. @throws {NotFoundError} */
export async function deleteStudy({ studyName, storage }: StudyPlace): Promise<void> {
  await storage.deleteStudy(await storage.getStudyIdFromName(studyName));
}

/**
 * Copy a study with its trials and attributes. Optuna: `copy_study`.
 *
 * @throws {NotFoundError} where there is no such study.
 * @throws {DuplicatedStudyError} where the name is taken.
 */
export async function copyStudy(options: CopyStudyOptions): Promise<void> {
  const { fromStudyName, fromStorage, toStorage, toStudyName = fromStudyName } = options;
  const from = await fromStorage.getStudy(await fromStorage.getStudyIdFromName(fromStudyName));
  const toStudyId = await toStorage.createStudy(from.directions, toStudyName);
  for (const [key, value] of Object.entries(from.systemAttrs))
    await toStorage.setStudySystemAttr(toStudyId, key, value);
  for (const [key, value] of Object.entries(from.userAttrs))
    await toStorage.setStudyUserAttr(toStudyId, key, value);
  for (const trial of await fromStorage.getAllTrials(from.studyId))
    await toStorage.createTrial(toStudyId, trial);
}

/** Every study of a storage with its counts and best value. Optuna: `get_all_study_summaries`. */
export async function getAllStudySummaries(storage: Storage): Promise<StudySummary[]> {
  return storage.getStudySummaries();
}

/** The names of all studies. Optuna: `get_all_study_names`. */
export async function getAllStudyNames(storage: Storage): Promise<string[]> {
  return (await storage.getAllStudies()).map((study) => study.studyName);
}

function openStudy(studyId: number, storage: Storage, options: StudyOptions): Promise<Study> {
  const { sampler = new TPESampler(), pruner = new MedianPruner() } = options;
  return Study.open(studyId, { storage, sampler, pruner }, options.resumeSampler ?? null);
}

function readDirections({ direction, directions }: CreateStudyOptions): readonly StudyDirection[] {
  if (direction !== undefined && directions !== undefined) {
    throw new InvalidInputError('direction', 'direction and directions are both given, but only one may be.');
  }
  const all = directions ?? [direction ?? 'minimize'];
  if (all.length === 0)
    throw new InvalidInputError('directions', 'directions is empty, but a study needs at least one.');
  for (const one of all) {
    if (one === 'minimize' || one === 'maximize') continue;
    throw new InvalidInputError(
      'direction',
      `The direction is ${String(one)}, but it must be minimize or maximize.`,
    );
  }
  return all;
}
