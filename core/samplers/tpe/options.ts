import { InvalidInputError } from '../../base/errors.ts';
import type { CategoricalChoice } from '../../distributions/base.ts';
import type { FrozenTrial } from '../../study/frozen-trial.ts';

/** Weight below which nothing counts; also the smallest bandwidth without the magic clip. */
export const EPS = 1e-12;

/** How far apart two choices are; not negative. */
export type CategoricalDistance = (a: CategoricalChoice, b: CategoricalChoice) => number;

/** What a {@link TPESampler} may be given. Names and defaults are Optuna 4.1's. */
export interface TPESamplerOptions {
  /** Add a kernel as wide as the range to every mixture; true unless given. */
  readonly considerPrior?: boolean;
  /** Weight of that kernel, and of choices that were not observed; 1 unless given. */
  readonly priorWeight?: number;
  /** Keep bandwidths above range / min(100, kernels + 1); true unless given. */
  readonly considerMagicClip?: boolean;
  /** Let the gaps to the ends of the range count for the outer kernels' bandwidths; false unless given. */
  readonly considerEndpoints?: boolean;
  /** Draw at random until so many trials are COMPLETE or PRUNED; 10 unless given. */
  readonly nStartupTrials?: number;
  /** Candidates that are compared for each suggestion; 24 unless given. */
  readonly nEiCandidates?: number;
  /** Number of trials that count as good, from the number that finished; {@link defaultGamma} unless given. */
  readonly gamma?: (nTrials: number) => number;
  /** Weights of `n` kernels, oldest first; {@link defaultWeights} unless given. */
  readonly weights?: (n: number) => ArrayLike<number>;
  /** 0 … 2³² - 1; null or absent: drawn once from the operating system, and kept in the state. */
  readonly seed?: number | null;
  /** Sample the parameters that all trials share together; false unless given. */
  readonly multivariate?: boolean;
  /** With `multivariate`: sample together each group of parameters that occur together; false unless given. */
  readonly group?: boolean;
  /** With `multivariate`: warn where a known parameter is sampled alone; true unless given. */
  readonly warnIndependentSampling?: boolean;
  /** Count running trials as bad ones, so that parallel trials keep apart; false unless given. */
  readonly constantLiar?: boolean;
  /** Constraint values of a trial that was COMPLETE or PRUNED; it is feasible where none is above 0. */
  readonly constraintsFunc?: (trial: FrozenTrial) => readonly number[];
  /** By parameter: how far apart choices are. Choices near good ones become likelier. */
  readonly categoricalDistanceFunc?: Readonly<Record<string, CategoricalDistance>>;
}

/** The options of the Parzen estimators, complete. */
export interface ParzenOptions {
  readonly considerPrior: boolean;
  readonly priorWeight: number;
  readonly considerMagicClip: boolean;
  readonly considerEndpoints: boolean;
  readonly weights: (n: number) => ArrayLike<number>;
  readonly multivariate: boolean;
  readonly categoricalDistanceFunc: Readonly<Record<string, CategoricalDistance>>;
}

/** The options of the estimators, with their defaults. */
export function parzenOptions(options: TPESamplerOptions): ParzenOptions {
  return {
    considerPrior: options.considerPrior ?? true,
    priorWeight: options.priorWeight ?? 1,
    considerMagicClip: options.considerMagicClip ?? true,
    considerEndpoints: options.considerEndpoints ?? false,
    weights: options.weights ?? defaultWeights,
    multivariate: options.multivariate ?? false,
    categoricalDistanceFunc: options.categoricalDistanceFunc ?? {},
  };
}

/** A tenth of the trials, at most 25. Source: Bergstra et al., ICML 2013, with Optuna's cap. */
export function defaultGamma(nTrials: number): number {
  return Math.min(Math.ceil(0.1 * nTrials), 25);
}

/** √n / 4, at most 25, as in hyperopt 0.1.2. */
export function hyperoptDefaultGamma(nTrials: number): number {
  return Math.min(Math.ceil(0.25 * Math.sqrt(nTrials)), 25);
}

/**
 * Ones for up to 25 kernels; beyond, a straight ramp from 1/n to 1 before the latest 25.
 *
 * Source: Bergstra, Yamins and Cox, "Making a science of model search", ICML 2013, section 4 (linear forgetting).
 */
export function defaultWeights(n: number): Float64Array {
  const weights = new Float64Array(n).fill(1);
  if (n <= 25) return weights;
  const ramp = n - 25;
  const step = (1 - 1 / n) / (ramp - 1);
  for (let i = 0; i < ramp; i++) weights[i] = i * step + 1 / n;
  // A ramp of one kernel is its beginning; a longer one ends in 1 exactly.
  weights[ramp - 1] = ramp === 1 ? 1 / n : 1;
  return weights;
}

/** The options that make {@link TPESampler} behave as hyperopt 0.1.2 does by default. */
export function hyperoptParameters(): TPESamplerOptions {
  return {
    considerPrior: true,
    priorWeight: 1,
    considerMagicClip: true,
    considerEndpoints: false,
    nStartupTrials: 20,
    nEiCandidates: 24,
    gamma: hyperoptDefaultGamma,
    weights: defaultWeights,
  };
}

/** @throws {InvalidInputError} naming the first option that is not usable. */
export function checkOptions(options: TPESamplerOptions): void {
  const { considerPrior = true, priorWeight = 1, nStartupTrials = 10, nEiCandidates = 24 } = options;
  if (considerPrior && !(priorWeight > 0)) {
    refuse('priorWeight', priorWeight, 'must be above 0 where the prior is considered');
  }
  if (!(priorWeight >= 0)) refuse('priorWeight', priorWeight, 'must not be negative');
  if (!Number.isInteger(nStartupTrials) || nStartupTrials < 0) {
    refuse('nStartupTrials', nStartupTrials, 'must be a whole number from 0');
  }
  if (!Number.isInteger(nEiCandidates) || nEiCandidates < 1) {
    refuse('nEiCandidates', nEiCandidates, 'must be a whole number from 1');
  }
  if (options.group === true && options.multivariate !== true) {
    refuse('group', true, 'is possible only where multivariate is true');
  }
}

function refuse(field: string, value: number | boolean, allowed: string): never {
  throw new InvalidInputError(field, `${field} is ${value}, but it ${allowed}.`);
}
