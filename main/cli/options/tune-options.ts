import path from 'node:path';
import { InvalidInputError } from '../../../core/base/errors.ts';
import type { JsonObject } from '../../../core/base/json.ts';
import type { StudyDirection } from '../../../core/study/frozen-trial.ts';
import { findHyperparameter, parseImageSize } from '../../../core/training/hyperparameters.ts';
import { parseObjective } from '../../../core/training/objective.ts';
import type { RunRequest } from '../../engine/run-contract.ts';
import { parseChoice } from './choice.ts';
import { readSpace } from './space.ts';
import { parseSplit } from './split.ts';
import { parseStorageFile } from './storage-file.ts';
import { parseWholeNumber } from './whole-number.ts';

/** Options of `hone tune` as they were typed; a default stands where nothing was. */
export interface TuneOptions {
  readonly study?: string;
  readonly storage?: string;
  readonly trials: string;
  readonly epochs: string;
  readonly timeout?: string;
  readonly jobs?: string;
  readonly seed?: string;
  readonly sampler: string;
  readonly pruner: string;
  readonly objective: string;
  readonly direction: string;
  readonly model?: string;
  readonly imageSize?: string;
  readonly space?: string;
  readonly split: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What is taken where nothing was typed: the original article's settings. */
export const TUNE_DEFAULTS = {
  trials: '100',
  epochs: '20',
  sampler: 'tpe',
  pruner: 'median',
  objective: 'precision + recall',
  direction: 'maximize',
  split: '70/15/15',
} as const;

/** The network where neither an option nor the space names one. */
export const DEFAULT_MODEL = 'cnn';

/** Samplers by their names here; `RunRequest.sampler`. */
export const SAMPLERS = ['tpe', 'random'] as const;
/** Pruners by their names here; `RunRequest.pruner`. */
export const PRUNERS = ['median', 'percentile', 'none'] as const;
/** Whether the objective is to grow or to shrink. */
export const DIRECTIONS = ['maximize', 'minimize'] as const satisfies readonly StudyDirection[];

/** Optuna's default for the pruner that needs one: keep the upper quarter. */
const PRUNER_OPTIONS: Readonly<Record<(typeof PRUNERS)[number], JsonObject>> = {
  median: {},
  percentile: { percentile: 25 },
  none: {},
};

/** Seeds are NumPy's: unsigned 32-bit. */
const MAX_SEED = 2 ** 32 - 1;
const MAX_TRIALS = 1_000_000;
const MAX_EPOCHS = 10_000;
const MAX_JOBS = 256;
/** A year. */
const MAX_TIMEOUT_S = 365 * 24 * 3600;
/** Of the column `study_name` in Optuna's schema. */
const MAX_STUDY_NAME_LENGTH = 512;

/** The networks that training knows. */
export function modelNames(): readonly string[] {
  const kind = findHyperparameter('model')?.kind;
  return kind?.type === 'choice' ? kind.choices.map(String) : [];
}

/**
 * What is to be run, from what was typed.
 *
 * @throws {InvalidInputError} for the first option that is not usable.
 */
export async function readTuneRequest(folder: string, options: TuneOptions): Promise<RunRequest> {
  if (folder === '')
    throw new InvalidInputError('folder', 'FOLDER is empty, but must be the path of a folder of images.');
  const datasetFolder = path.resolve(folder);
  const given = readGivenValues(options);
  const space = await readSpace(options.space, given);
  const sampler = parseChoice('--sampler', options.sampler, SAMPLERS);
  const pruner = parseChoice('--pruner', options.pruner, PRUNERS);
  return {
    storageFile: parseStorageFile(options.storage),
    studyName: parseStudyName(options.study ?? path.basename(datasetFolder)),
    datasetFolder,
    sampler: { name: sampler, options: {} },
    pruner: { name: pruner, options: PRUNER_OPTIONS[pruner] },
    objective: parseObjective(options.objective, '--objective').expression,
    direction: parseChoice('--direction', options.direction, DIRECTIONS),
    nTrials: parseWholeNumber('--trials', options.trials, { low: 1, high: MAX_TRIALS }),
    epochs: parseWholeNumber('--epochs', options.epochs, { low: 1, high: MAX_EPOCHS }),
    timeoutS: optional(options.timeout, (text) =>
      parseWholeNumber('--timeout', text, { low: 1, high: MAX_TIMEOUT_S, unit: ' of seconds' }),
    ),
    jobs: optional(options.jobs, (text) => parseWholeNumber('--jobs', text, { low: 1, high: MAX_JOBS })),
    seed: optional(options.seed, (text) => parseWholeNumber('--seed', text, { low: 0, high: MAX_SEED })),
    fixed: space.some((parameter) => parameter['name'] === 'model')
      ? given
      : { model: DEFAULT_MODEL, ...given },
    split: parseSplit(options.split),
    space,
  };
}

/** Hyperparameters that an option fixes for the study. */
function readGivenValues({ model, imageSize }: TuneOptions): JsonObject {
  if (imageSize !== undefined) parseImageSize(imageSize, '--image-size');
  return {
    ...(model === undefined ? {} : { model: parseChoice('--model', model, modelNames()) }),
    ...(imageSize === undefined ? {} : { image_size: imageSize }),
  };
}

function parseStudyName(name: string): string {
  if (name.trim() !== '' && name.length <= MAX_STUDY_NAME_LENGTH) return name;
  throw new InvalidInputError(
    '--study',
    `--study is ${JSON.stringify(name)}, but must be a name of 1 to ${MAX_STUDY_NAME_LENGTH} characters.`,
  );
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | null {
  return text === undefined ? null : parse(text);
}
