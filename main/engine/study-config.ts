import { randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InvalidInputError } from '../../core/base/errors.ts';
import type { JsonObject, JsonValue } from '../../core/base/json.ts';
import type { Dataset } from '../../core/dataset/base.ts';
import { suggestImageSize } from '../../core/dataset/image-size.ts';
import type { FrozenStudy } from '../../core/storage/base.ts';
import type { StudyDirection } from '../../core/study/frozen-trial.ts';
import { appVersion } from './app-version.ts';
import type { RunRequest } from './run-contract.ts';

/** Study user attribute from which a study can be rebuilt with the file alone. */
export const STUDY_CONFIG_KEY = 'hone:config';

/** The images a study was made with. */
export interface DatasetIdentity {
  readonly folder: string;
  /** `Dataset.fingerprint`. */
  readonly fingerprint: string;
  readonly imageCount: number;
  readonly classes: readonly string[];
}

/** What a study is made of: everything that its values depend on, and what its next run takes over. */
export interface StudyConfig {
  /** Of Hone, when the study was made. */
  readonly appVersion: string;
  readonly dataset: DatasetIdentity;
  readonly space: readonly JsonObject[];
  readonly sampler: RunRequest['sampler'];
  readonly pruner: RunRequest['pruner'];
  readonly objective: string;
  readonly direction: StudyDirection;
  readonly epochs: number;
  /** Of sampler, split and training; unsigned 32-bit. */
  readonly seed: number;
  readonly fixed: JsonObject;
  readonly split: readonly [number, number, number];
  /** Name of the folder of this study's trials. */
  readonly trialsFolder: string;
}

/** The configuration that `hone:config` of a study holds, or null where the study is not Hone's. */
export function readStudyConfig(study: FrozenStudy): StudyConfig | null {
  const stored = study.userAttrs[STUDY_CONFIG_KEY];
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return null;
  return 'trialsFolder' in stored && 'dataset' in stored ? (stored as unknown as StudyConfig) : null;
}

/** The configuration as the attribute's value. */
export function studyConfigAsJson(config: StudyConfig): JsonObject {
  return { ...config, dataset: { ...config.dataset } };
}

/** The seed of a run: the request's, else the one that the study keeps, else a new one. */
export function chooseSeed(request: RunRequest, stored: StudyConfig | null): number {
  return request.seed ?? stored?.seed ?? randomInt(2 ** 32);
}

/**
 * The hyperparameters that a run does not vary: the request's, and the size of the images, which is the study's or
 * follows from the images where the request leaves it open.
 */
export function chooseFixed(request: RunRequest, stored: StudyConfig | null, dataset: Dataset): JsonObject {
  const { height, width } = suggestImageSize(dataset);
  return { image_size: stored?.fixed['image_size'] ?? `${height}x${width}`, ...request.fixed };
}

/**
 * The configuration of this run: the request's, with what the study keeps.
 *
 * @param stored of the study, or null where this run makes it or Python did.
 */
export function runConfig(
  request: RunRequest,
  stored: StudyConfig | null,
  dataset: Dataset,
  seed: number,
): StudyConfig {
  const { space, sampler, pruner, objective, direction, epochs, split } = request;
  return {
    appVersion: stored?.appVersion ?? appVersion(),
    dataset: identify(dataset),
    space,
    sampler,
    pruner,
    objective,
    direction,
    epochs,
    seed,
    fixed: chooseFixed(request, stored, dataset),
    split,
    trialsFolder: stored?.trialsFolder ?? randomUUID(),
  };
}

function identify(dataset: Dataset): DatasetIdentity {
  const { folder, fingerprint, classes, images } = dataset;
  return { folder, fingerprint, imageCount: images.length, classes };
}

/**
 * Check that a request carries a study on rather than mixing values that cannot be compared. Sampler, pruner,
 * number of trials, time limit and jobs may change from run to run.
 *
 * @throws {InvalidInputError} naming what differs, both values, and the way on.
 */
export function checkCarriesOn(study: FrozenStudy, request: RunRequest): void {
  const name = study.studyName;
  if (study.directions.length !== 1) {
    throw new InvalidInputError(
      'study',
      `Study '${name}' has ${study.directions.length} objectives, but a run needs one; give another study name (--study).`,
    );
  }
  const direction = study.directions[0];
  if (direction !== request.direction) throw differs(name, 'direction', direction ?? null, request.direction);
  const stored = readStudyConfig(study);
  if (stored === null) return;
  checkSpace(name, stored.space, request.space);
  if (stored.objective !== request.objective) {
    throw differs(name, 'objective', stored.objective, request.objective);
  }
  if (stored.epochs !== request.epochs) throw differs(name, 'epochs', stored.epochs, request.epochs);
  if (!isDeepStrictEqual([...stored.split], [...request.split])) {
    throw differs(name, 'split', inPercent(stored.split), inPercent(request.split));
  }
  if (request.seed !== null && stored.seed !== request.seed) {
    throw differs(name, 'seed', stored.seed, request.seed);
  }
  checkFixed(name, stored.fixed, request.fixed);
}

/**
 * Check that the images are those that the study was made with; the folder may have moved.
 *
 * @throws {InvalidInputError} naming folder, counts and the way on.
 */
export function checkSameDataset(studyName: string, stored: StudyConfig | null, dataset: Dataset): void {
  if (stored === null || stored.dataset.fingerprint === dataset.fingerprint) return;
  const { folder, imageCount, classes } = stored.dataset;
  const before = `${imageCount} images in ${classes.length} classes`;
  const now = `${dataset.images.length} images in ${dataset.classes.length} classes`;
  const what =
    folder === dataset.folder
      ? `whose images have changed since (${before} then, ${now} now)`
      : `but ${dataset.folder} was given, which holds other images (${before} there, ${now} here)`;
  throw new InvalidInputError(
    'folder',
    `Study '${studyName}' was made with the folder ${folder}, ${what}; give another study name (--study) or the same images.`,
  );
}

function checkFixed(studyName: string, stored: JsonObject, asked: JsonObject): void {
  for (const key of new Set([...Object.keys(stored), ...Object.keys(asked)])) {
    if (key === 'image_size' && !(key in asked)) continue;
    const before = stored[key] ?? null;
    const now = asked[key] ?? null;
    if (!isDeepStrictEqual(before, now)) throw differs(studyName, key, before, now);
  }
}

function checkSpace(studyName: string, stored: readonly JsonObject[], asked: readonly JsonObject[]): void {
  const storedNames = stored.map(parameterName).join(', ');
  const askedNames = asked.map(parameterName).join(', ');
  if (storedNames !== askedNames) throw differs(studyName, 'space', storedNames, askedNames);
  for (const [index, before] of stored.entries()) {
    const now = asked[index] ?? {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
      if (isDeepStrictEqual(meaning(before[key]), meaning(now[key]))) continue;
      const field = `space: ${parameterName(before)}.${key}`;
      throw differs(studyName, field, before[key] ?? null, now[key] ?? null);
    }
  }
}

/** Of a space that was checked: a text. */
function parameterName(parameter: JsonObject): string {
  return parameter['name'] as string;
}

/** A key that is left out says the same as null and false. */
function meaning(value: JsonValue | undefined): JsonValue {
  return value === undefined || value === false ? null : value;
}

/** As `--split` takes it: 70/15/15. */
function inPercent(split: StudyConfig['split']): string {
  return split.map((share) => Number((share * 100).toPrecision(6))).join('/');
}

function differs(studyName: string, field: string, stored: JsonValue, asked: JsonValue): InvalidInputError {
  return new InvalidInputError(
    field,
    `Study '${studyName}' exists with ${field} ${say(stored)}, but ${say(asked)} was asked for; give another study name (--study) or ask for ${say(stored)}.`,
  );
}

function say(value: JsonValue): string {
  if (value === null) return 'left out';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
