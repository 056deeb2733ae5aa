import { InvalidInputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { logWarning } from '../../base/logging.ts';
import { RandomState } from '../../base/random-state.ts';
import type { Distribution, ParamValue } from '../../distributions/base.ts';
import { GroupSearchSpace } from '../../search-space/group-search-space.ts';
import { IntersectionSearchSpace } from '../../search-space/intersection-search-space.ts';
import type { FrozenTrial, TrialState } from '../../study/frozen-trial.ts';
import type { AfterTrialAttrs, Sampler, SamplerContext, SearchSpace } from '../base.ts';
import { RandomSampler } from '../random-sampler.ts';
import { checkSamplerState } from '../sampler-state.ts';
import { constraintAttrs } from './constraints.ts';
import { hypervolumeWeights } from './multi-objective-weights.ts';
import { observe } from './observations.ts';
import { checkOptions, defaultGamma, parzenOptions, type TPESamplerOptions } from './options.ts';
import type { ParzenEstimator } from './parzen-estimator.ts';
import { ParzenFactory } from './parzen-factory.ts';
import { Scratch } from './scratch.ts';
import { splitTrials } from './split-trials.ts';
import { TrialHistory } from './trial-history.ts';

/** A split of the trials, with what it was made from. */
interface KnownSplit {
  readonly version: number;
  readonly directions: string;
  /** Numbers of the good trials, and of the others. */
  readonly below: Int32Array;
  readonly above: Int32Array;
  /** Weights of the trials below; null where the number of observations gives them (one objective). */
  readonly belowWeights: Float64Array | null;
}

/**
 * Tree-structured Parzen estimator: of some candidates drawn from the density l(x) of good trials, the one with the
 * largest l(x) / g(x), with g(x) the density of the others. Optuna: `TPESampler`; with the same seed and the same
 * answers it suggests what Optuna 4.1 suggests.
 *
 * Sources: Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011; Bergstra, Yamins and Cox,
 * "Making a science of model search", ICML 2013; Watanabe, arXiv:2304.11127, 2023; for several objectives Ozaki et
 * al., "Multiobjective tree-structured Parzen estimator", JAIR 73, 2022.
 *
 * An instance is for one study.
 */
export class TPESampler implements Sampler {
  readonly #options: TPESamplerOptions;
  readonly #nStartupTrials: number;
  readonly #random: RandomState;
  /** Draws the startup trials, from a stream of its own with the same seed. */
  readonly #startup: RandomSampler;
  readonly #history = new TrialHistory();
  readonly #scratch = new Scratch();
  readonly #estimators: ParzenFactory;
  readonly #intersection = new IntersectionSearchSpace(true);
  readonly #groups = new GroupSearchSpace(true);
  #split: KnownSplit | null = null;

  /** @throws {InvalidInputError} where an option is out of range. */
  constructor(options: TPESamplerOptions = {}) {
    checkOptions(options);
    this.#options = options;
    this.#nStartupTrials = options.nStartupTrials ?? 10;
    this.#random = new RandomState(options.seed ?? null);
    this.#startup = new RandomSampler({ seed: this.#random.seed });
    this.#estimators = new ParzenFactory(parzenOptions(options), this.#scratch);
  }

  inferRelativeSearchSpace(context: SamplerContext): SearchSpace {
    if (this.#options.multivariate !== true) return new Map();
    const spaces =
      this.#options.group === true
        ? this.#groups.calculate(context.trials)
        : [this.#intersection.calculate(context.trials)];
    const several = new Map<string, Distribution>();
    for (const space of spaces) {
      for (const [name, distribution] of space) if (!distribution.single()) several.set(name, distribution);
    }
    return several;
  }

  sampleRelative(
    context: SamplerContext,
    _trial: FrozenTrial,
    searchSpace: SearchSpace,
  ): ReadonlyMap<string, ParamValue> {
    if (searchSpace.size === 0) return new Map();
    this.#sync(context);
    if (this.#history.nFinished < this.#nStartupTrials) return new Map();
    if (this.#options.group !== true) return this.#sample(context, searchSpace);
    const values = new Map<string, ParamValue>();
    for (const group of this.#groupsOf(searchSpace)) {
      for (const [name, value] of this.#sample(context, group)) values.set(name, value);
    }
    return values;
  }

  sampleIndependent(
    context: SamplerContext,
    trial: FrozenTrial,
    paramName: string,
    distribution: Distribution,
  ): ParamValue {
    this.#sync(context);
    if (this.#history.nFinished < this.#nStartupTrials) {
      return this.#startup.sampleIndependent(context, trial, paramName, distribution);
    }
    this.#warnOfIndependentSampling(paramName);
    return this.#sample(context, new Map([[paramName, distribution]])).get(paramName) ?? null;
  }

  afterTrial(
    _context: SamplerContext,
    trial: FrozenTrial,
    state: TrialState,
    _values: readonly number[] | null,
  ): AfterTrialAttrs {
    const { constraintsFunc } = this.#options;
    if (constraintsFunc === undefined || (state !== 'COMPLETE' && state !== 'PRUNED')) return {};
    return constraintAttrs(constraintsFunc, trial);
  }

  getState(): JsonObject {
    return { sampler: 'tpe', random: this.#random.getState(), startup: this.#startup.getState() };
  }

  setState(state: JsonObject): void {
    checkSamplerState(state, 'tpe');
    this.#random.setState(state.random);
    this.#startup.setState((state.startup ?? {}) as JsonObject);
  }

  #sync(context: SamplerContext): void {
    this.#history.sync(context.trials, this.#options.constantLiar ?? false);
  }

  /** The groups as the latest {@link inferRelativeSearchSpace} found them, of the parameters asked for. */
  #groupsOf(searchSpace: SearchSpace): SearchSpace[] {
    return this.#groups
      .calculate([])
      .map((group) => new Map([...group].filter(([name]) => searchSpace.has(name))))
      .filter((group) => group.size > 0);
  }

  /** One joint sample of `searchSpace`, from the trials that the history holds. */
  #sample(context: SamplerContext, searchSpace: SearchSpace): Map<string, ParamValue> {
    this.#scratch.reset();
    const split = this.#currentSplit(context);
    const below = this.#estimator(split.below, searchSpace, split.belowWeights);
    const above = this.#estimator(split.above, searchSpace, null);
    const candidates = below.sample(this.#random, this.#options.nEiCandidates ?? 24);
    const best = bestCandidate(candidates, below, above);
    return new Map(
      Array.from(searchSpace).map(([name, distribution], i) => [
        name,
        distribution.toExternalRepr(candidates[i]![best]!),
      ]),
    );
  }

  #estimator(
    trialNumbers: Int32Array,
    searchSpace: SearchSpace,
    weights: Float64Array | null,
  ): ParzenEstimator {
    const observations = observe(this.#history, trialNumbers, searchSpace, weights, this.#scratch);
    return this.#estimators.create(searchSpace, observations);
  }

  /** The split of the history's trials; all parameters of a trial share one. */
  #currentSplit({ directions }: SamplerContext): KnownSplit {
    const { version } = this.#history;
    const key = directions.join(' ');
    if (this.#split?.version !== version || this.#split.directions !== key) {
      const constraintsFunc = this.#options.constraintsFunc ?? null;
      const nBelow = this.#nBelow();
      const split = splitTrials(this.#history.trials, directions, nBelow, constraintsFunc !== null);
      const belowWeights =
        directions.length > 1 ? hypervolumeWeights(split.below, directions, constraintsFunc) : null;
      const [below, above] = [split.below, split.above].map((trials) =>
        Int32Array.from(trials, ({ number }) => number),
      );
      this.#split = { version, directions: key, below: below!, above: above!, belowWeights };
    }
    return this.#split;
  }

  #nBelow(): number {
    const { nFinished } = this.#history;
    const nBelow = (this.#options.gamma ?? defaultGamma)(nFinished);
    if (Number.isInteger(nBelow) && nBelow >= 0) return nBelow;
    throw new InvalidInputError(
      'gamma',
      `gamma(${nFinished}) gave ${nBelow}, but it must give a whole number from 0.`,
    );
  }

  #warnOfIndependentSampling(paramName: string): void {
    if (this.#options.multivariate !== true || this.#options.warnIndependentSampling === false) return;
    // The first trials that have the parameter cannot have sampled it otherwise.
    const isKnown = this.#history.trials.some(
      ({ state, distributions }) => state !== 'RUNNING' && distributions.has(paramName),
    );
    if (!isKnown) return;
    logWarning(
      `The parameter '${paramName}' is sampled alone, not together with the others. ` +
        'Set warnIndependentSampling to false where this is meant.',
    );
  }
}

/** The index of the first candidate with the largest log l(x) - log g(x); NaN counts as largest, as in numpy. */
function bestCandidate(
  candidates: readonly Float64Array[],
  below: ParzenEstimator,
  above: ParzenEstimator,
): number {
  const count = candidates[0]!.length;
  const point = new Float64Array(candidates.length);
  let best = 0;
  let largest = -Infinity;
  for (let c = 0; c < count; c++) {
    // An equal candidate before this one has the same score and wins over it.
    if (hasEarlierEqual(candidates, c)) continue;
    for (let i = 0; i < point.length; i++) point[i] = candidates[i]![c]!;
    const score = below.logDensity(point) - above.logDensity(point);
    if (Number.isNaN(score)) return c;
    if (score > largest) {
      largest = score;
      best = c;
    }
  }
  return best;
}

function hasEarlierEqual(candidates: readonly Float64Array[], c: number): boolean {
  for (let earlier = 0; earlier < c; earlier++) {
    if (candidates.every((values) => values[earlier] === values[c])) return true;
  }
  return false;
}
