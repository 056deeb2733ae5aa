import { InvalidInputError } from '../../core/base/errors.ts';
import type { JsonObject } from '../../core/base/json.ts';
import type { Pruner } from '../../core/pruners/base.ts';
import { MedianPruner } from '../../core/pruners/median-pruner.ts';
import { NopPruner } from '../../core/pruners/nop-pruner.ts';
import { PercentilePruner } from '../../core/pruners/percentile-pruner.ts';
import type { Sampler } from '../../core/samplers/base.ts';
import { RandomSampler } from '../../core/samplers/random-sampler.ts';
import type { TPESamplerOptions } from '../../core/samplers/tpe/options.ts';
import { TPESampler } from '../../core/samplers/tpe/tpe-sampler.ts';
import { parseSearchSpace } from '../../core/search-space/parse-search-space.ts';
import type { DeclarativeSpace } from '../../core/search-space/search-space.ts';
import { trainingConfig } from '../../core/training/config.ts';
import { OBJECTIVE_METRICS, parseObjective } from '../../core/training/objective.ts';
import { checkTrainingSpace } from '../../core/training/training-space.ts';
import type { RunRequest } from './run-contract.ts';

/** A request that was checked, in the engine's terms. */
export interface RunPlan {
  readonly space: DeclarativeSpace;
  readonly pruner: Pruner;
  /** True where trials may ask for images of different sizes. */
  readonly variesImageSize: boolean;
}

/**
 * What is odd about an objective that is one metric alone: a loss that is to grow, or a score that is to fall.
 *
 * @returns one sentence, or null.
 */
export function describeOddDirection({
  objective,
  direction,
}: Pick<RunRequest, 'objective' | 'direction'>): string | null {
  const metric = OBJECTIVE_METRICS.find((name) => name === objective.trim());
  if (metric === undefined) return null;
  const wanted = metric === 'loss' ? 'minimize' : 'maximize';
  if (direction === wanted) return null;
  return `--direction is ${direction}, so that the worst ${metric} wins; ${wanted} is the usual one for ${metric}.`;
}

const TPE_OPTIONS = [
  'multivariate',
  'group',
  'constantLiar',
  'nStartupTrials',
  'nEiCandidates',
  'priorWeight',
];
const PRUNER_OPTIONS = ['nStartupTrials', 'nWarmupSteps', 'intervalSteps', 'nMinTrials'];
/** Optuna has no default; a quarter is what its documentation shows. */
const DEFAULT_PERCENTILE = 25;

/**
 * Check all of a request that can be checked without its files.
 *
 * @throws {InvalidInputError} naming the field, its value and what is allowed.
 */
export function planRun(request: RunRequest): RunPlan {
  checkWhole('trials', request.nTrials, 1);
  checkWhole('epochs', request.epochs, 1);
  if (request.jobs !== null) checkWhole('jobs', request.jobs, 1);
  if (request.seed !== null) checkWhole('seed', request.seed, 0, 2 ** 32 - 1);
  if (request.timeoutS !== null && !(request.timeoutS > 0)) {
    throw new InvalidInputError(
      'timeout',
      `timeout is ${request.timeoutS}, but must be a number of seconds above 0.`,
    );
  }
  checkSplit(request.split);
  parseObjective(request.objective);
  const space = parseSearchSpace(request.space);
  checkTrainingSpace(space, request.fixed);
  trainingConfig({}, request.fixed, request.epochs);
  const variesImageSize = space.some(({ name }) => name === 'image_size');
  const pruner = createPruner(request.pruner);
  createSampler(request.sampler, 0);
  return { space, pruner, variesImageSize };
}

/**
 * The sampler of a request.
 *
 * @param seed unsigned 32-bit; null: drawn from the operating system.
 * @throws {InvalidInputError} for an option that it does not have.
 */
export function createSampler({ name, options }: RunRequest['sampler'], seed: number | null): Sampler {
  if (name === 'random') {
    checkOptionNames('sampler', name, options, []);
    return new RandomSampler({ seed });
  }
  checkOptionNames('sampler', name, options, TPE_OPTIONS);
  return new TPESampler({ ...(options as TPESamplerOptions), seed });
}

function createPruner({ name, options }: RunRequest['pruner']): Pruner {
  if (name === 'none') {
    checkOptionNames('pruner', name, options, []);
    return new NopPruner();
  }
  if (name === 'median') {
    checkOptionNames('pruner', name, options, PRUNER_OPTIONS);
    return new MedianPruner(options);
  }
  checkOptionNames('pruner', name, options, ['percentile', ...PRUNER_OPTIONS]);
  const { percentile = DEFAULT_PERCENTILE, ...others } = options;
  return new PercentilePruner(percentile as number, others);
}

function checkOptionNames(kind: string, name: string, options: JsonObject, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const allowed = known.length === 0 ? 'has no options' : `has the options ${known.join(', ')}`;
    throw new InvalidInputError(
      `${kind}: ${option}`,
      `The ${kind} ${name} was given ${option}, but ${allowed}.`,
    );
  }
}

function checkWhole(field: string, value: number, low: number, high = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const range = high === Number.MAX_SAFE_INTEGER ? `from ${low}` : `from ${low} to ${high}`;
  throw new InvalidInputError(field, `${field} is ${value}, but must be a whole number ${range}.`);
}

function checkSplit(split: RunRequest['split']): void {
  const [train, validation, test] = split;
  const sum = train + validation + test;
  if (train > 0 && validation > 0 && test >= 0 && Math.abs(sum - 1) < 1e-6) return;
  throw new InvalidInputError(
    'split',
    `split is ${split.join('/')}, but must be shares of train, validation and test that add up to 1, the first two above 0.`,
  );
}
