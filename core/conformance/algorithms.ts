import { InvalidInputError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import type { Pruner } from '../pruners/base.ts';
import { MedianPruner } from '../pruners/median-pruner.ts';
import { NopPruner } from '../pruners/nop-pruner.ts';
import { PercentilePruner } from '../pruners/percentile-pruner.ts';
import type { Sampler } from '../samplers/base.ts';
import { RandomSampler } from '../samplers/random-sampler.ts';
import { TPESampler } from '../samplers/tpe/tpe-sampler.ts';
import type { FrozenTrial } from '../study/frozen-trial.ts';
import type { AlgorithmSpec, ConformanceSpec } from './spec.ts';

/** User attribute by which the objective tells the sampler the values of the constraints. */
export const CONSTRAINTS_KEY = 'constraints';

const TPE_OPTIONS = [
  'consider_prior',
  'prior_weight',
  'consider_magic_clip',
  'consider_endpoints',
  'n_startup_trials',
  'n_ei_candidates',
  'multivariate',
  'group',
  'warn_independent_sampling',
  'constant_liar',
];
const PERCENTILE_OPTIONS = ['n_startup_trials', 'n_warmup_steps', 'interval_steps', 'n_min_trials'];

/** @throws {InvalidInputError} where there is no such sampler, or it has no such option. */
export function makeSampler({ sampler, constraints }: ConformanceSpec): Sampler {
  const seed = sampler.seed ?? null;
  if (sampler.type === 'random') return new RandomSampler({ seed });
  if (sampler.type === 'tpe') {
    const constraintsFunc = constraints ? { constraintsFunc: readConstraints } : {};
    return new TPESampler({ ...readOptions(sampler, TPE_OPTIONS), ...constraintsFunc, seed });
  }
  throw new InvalidInputError('sampler', `The sampler ${sampler.type} is not available.`);
}

/** @throws {InvalidInputError} where there is no such pruner, or it has no such option. */
export function makePruner({ pruner }: ConformanceSpec): Pruner {
  if (pruner === null || pruner === undefined || pruner.type === 'nop') return new NopPruner();
  if (pruner.type === 'median') return new MedianPruner(readOptions(pruner, PERCENTILE_OPTIONS));
  if (pruner.type === 'percentile') {
    const { percentile, ...options } = readOptions(pruner, ['percentile', ...PERCENTILE_OPTIONS]);
    return new PercentilePruner(Number(percentile), options);
  }
  throw new InvalidInputError('pruner', `The pruner ${pruner.type} is not available.`);
}

function readConstraints(trial: FrozenTrial): readonly number[] {
  return trial.userAttrs[CONSTRAINTS_KEY] as readonly number[];
}

/** Options in this project's spelling: `n_startup_trials` becomes `nStartupTrials`. */
function readOptions(
  { type, options }: Pick<AlgorithmSpec, 'type' | 'options'>,
  allowed: readonly string[],
): Record<string, JsonValue> {
  const read = Object.entries(options).map(([name, value]): [string, JsonValue] => {
    if (!allowed.includes(name)) throw new InvalidInputError('options', `${type} has no option ${name}.`);
    return [name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value];
  });
  return Object.fromEntries(read);
}
