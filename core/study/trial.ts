import { HoneError, InvalidInputError } from '../base/errors.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { logWarning } from '../base/logging.ts';
import type { CategoricalChoice, Distribution, ParamValue } from '../distributions/base.ts';
import { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import { checkDistributionCompatibility, distributionsEqual } from '../distributions/compatibility.ts';
import { FloatDistribution, type FloatOptions } from '../distributions/float-distribution.ts';
import { IntDistribution, type IntOptions } from '../distributions/int-distribution.ts';
import type { PruneDecision } from '../pruners/base.ts';
import type { SamplerContext, SearchSpace } from '../samplers/base.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import { ParamWriter } from './param-writer.ts';
import type { Study } from './study.ts';

/** Trial system attribute of enqueued trials: the values to use, by parameter name. */
export const FIXED_PARAMS_KEY = 'fixed_params';

/**
 * A trial under way, as an objective sees it. Optuna: `Trial`.
 *
 * Suggesting is synchronous. What was suggested is written in the background and is durable at the latest when
 * {@link report}, {@link shouldPrune}, {@link flush} or `Study.tell` resolves.
 */
export class Trial {
  readonly #study: Study;
  readonly #start: FrozenTrial;
  readonly #context: SamplerContext;
  readonly #writer: ParamWriter;
  readonly #params: Map<string, ParamValue>;
  readonly #distributions: Map<string, Distribution>;
  readonly #intermediateValues: Map<number, number>;
  readonly #relativeSearchSpace: SearchSpace;
  #relativeParams: ReadonlyMap<string, ParamValue> | null = null;
  #userAttrs: JsonObject;
  #systemAttrs: JsonObject;
  #lastDecision: PruneDecision | null = null;

  /**
   * Made by `Study.ask`.
   *
   * @param start the trial as the storage has it; RUNNING.
   */
  constructor(study: Study, start: FrozenTrial, context: SamplerContext) {
    this.#study = study;
    this.#start = start;
    this.#context = context;
    this.#writer = new ParamWriter(study.storage, study.sampler, start.trialId);
    this.#distributions = new Map(start.distributions);
    this.#params = new Map(Object.entries(start.params));
    this.#intermediateValues = new Map(start.intermediateValues);
    this.#userAttrs = start.userAttrs;
    this.#systemAttrs = start.systemAttrs;
    // Differs from Optuna: a trial that was interrupted after its suggestions keeps them and draws nothing, so that
    // the trials after it get the draws that an uninterrupted run would have given them.
    if (start.distributions.size > 0) {
      this.#relativeSearchSpace = new Map();
      this.#relativeParams = new Map();
    } else {
      this.#relativeSearchSpace = study.sampler.inferRelativeSearchSpace(context, start);
    }
  }

  get number(): number {
    return this.#start.number;
  }

  get trialId(): number {
    return this.#start.trialId;
  }

  /** External values by name, in the order of suggestion. */
  get params(): Readonly<Record<string, ParamValue>> {
    return Object.fromEntries(this.#params);
  }

  get distributions(): ReadonlyMap<string, Distribution> {
    return new Map(this.#distributions);
  }

  get userAttrs(): JsonObject {
    return this.#userAttrs;
  }

  get systemAttrs(): JsonObject {
    return this.#systemAttrs;
  }

  get datetimeStart(): Date | null {
    return this.#start.datetimeStart;
  }

  /** What the pruner last answered to {@link shouldPrune} or {@link pruneDecision}, or null. */
  get lastPruneDecision(): PruneDecision | null {
    return this.#lastDecision;
  }

  /**
   * A float from `low` to `high`, both included.
   *
   * @throws {InvalidInputError} where the range is wrong, or the study has the name with another kind or log.
   */
  suggestFloat(name: string, low: number, high: number, options: FloatOptions = {}): number {
    return this.suggest(name, new FloatDistribution(low, high, options)) as number;
  }

  /**
   * An integer from `low` to `high`, both included.
   *
   * @throws {InvalidInputError} where the range is wrong, or the study has the name with another kind or log.
   */
  suggestInt(name: string, low: number, high: number, options: IntOptions = {}): number {
    return this.suggest(name, new IntDistribution(low, high, options)) as number;
  }

  /**
   * One of `choices`.
   *
   * @throws {InvalidInputError} where there is no choice, or the study has the name with other choices.
   */
  suggestCategorical<const T extends CategoricalChoice>(name: string, choices: readonly T[]): T {
    return this.suggest(name, new CategoricalDistribution(choices)) as T;
  }

  /**
   * A value of a distribution: the one suggested before under this name, else the enqueued one, else the only
   * possible one, else the sampler's joint sample where it lies in the distribution, else an independent sample.
   *
   * @throws {InvalidInputError} where the study has the name with another kind of distribution, log or choices.
   */
  suggest(name: string, distribution: Distribution): ParamValue {
    const known = this.#distributions.get(name);
    const value = this.#params.get(name);
    if (known !== undefined && value !== undefined) {
      checkDistributionCompatibility(name, known, distribution);
      if (!distributionsEqual(known, distribution)) {
        logWarning(
          `Trial ${this.number} asked for '${name}' again with another range; the first value stays.`,
        );
      }
      return value;
    }
    this.#study.checkDistribution(name, distribution, this.#context);
    const internalValue = distribution.toInternalRepr(this.#choose(name, distribution));
    const external = distribution.toExternalRepr(internalValue);
    this.#distributions.set(name, distribution);
    this.#params.set(name, external);
    this.#writer.add({ name, internalValue, distribution });
    return external;
  }

  /**
   * Report an intermediate value; durable when the promise resolves. The first value of a step stays.
   *
   * @param step from 0; a fraction is dropped.
   * @throws {InvalidInputError} where the value is no number or the step is negative.
   * @throws {HoneError} `multi-objective` where the study has several objectives.
   */
  async report(value: number, step: number): Promise<void> {
    this.#requireSingleObjective('report');
    const number = toReportedValue(value);
    const wholeStep = Math.trunc(step);
    if (!(wholeStep >= 0)) {
      throw new InvalidInputError('step', `step is ${step}, but it must be a whole number from 0 on.`);
    }
    await this.flush();
    if (this.#intermediateValues.has(wholeStep)) {
      logWarning(`Trial ${this.number} reported step ${wholeStep} before; the first value stays.`);
      return;
    }
    await this.#study.storage.setTrialIntermediateValue(this.trialId, wholeStep, number);
    this.#intermediateValues.set(wholeStep, number);
  }

  /** True where the pruner would end this trial; throw `TrialPruned` then. */
  async shouldPrune(): Promise<boolean> {
    return (await this.pruneDecision()).prune;
  }

  /**
   * The pruner's answer with its rule and numbers.
   *
   * @throws {HoneError} `multi-objective` where the study has several objectives.
   */
  async pruneDecision(): Promise<PruneDecision> {
    this.#requireSingleObjective('shouldPrune');
    await this.flush();
    const { studyName, direction, pruner } = this.#study;
    const trials = await this.#study.getTrials();
    this.#lastDecision = pruner.prune({ studyName, direction, trials }, this.freeze());
    return this.#lastDecision;
  }

  /** Resolve when every suggestion so far is durable. @throws {StorageError} */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  async setUserAttr(key: string, value: JsonValue): Promise<void> {
    await this.#study.storage.setTrialUserAttr(this.trialId, key, value);
    this.#userAttrs = { ...this.#userAttrs, [key]: value };
  }

  async setSystemAttr(key: string, value: JsonValue): Promise<void> {
    await this.#study.storage.setTrialSystemAttr(this.trialId, key, value);
    this.#systemAttrs = { ...this.#systemAttrs, [key]: value };
  }

  /** What this trial is now, without asking the storage. */
  freeze(): FrozenTrial {
    return {
      ...this.#start,
      params: this.params,
      distributions: this.distributions,
      intermediateValues: new Map(this.#intermediateValues),
      userAttrs: this.#userAttrs,
      systemAttrs: this.#systemAttrs,
    };
  }

  #choose(name: string, distribution: Distribution): ParamValue {
    const fixed = this.#fixedValue(name);
    if (fixed !== undefined) {
      const internal = distribution.toInternalRepr(fixed);
      if (!distribution.contains(internal)) {
        logWarning(
          `Trial ${this.number}: the enqueued value ${internal} of '${name}' is out of range; it is used.`,
        );
      }
      return fixed;
    }
    if (distribution.single()) {
      return distribution.name === 'CategoricalDistribution'
        ? distribution.toExternalRepr(0)
        : distribution.low;
    }
    const relative = this.#relativeValue(name, distribution);
    if (relative !== undefined) return relative;
    return this.#study.sampler.sampleIndependent(this.#context, this.freeze(), name, distribution);
  }

  #fixedValue(name: string): ParamValue | undefined {
    const fixed = this.#systemAttrs[FIXED_PARAMS_KEY];
    if (typeof fixed !== 'object' || fixed === null || !Object.hasOwn(fixed, name)) return undefined;
    return (fixed as Readonly<Record<string, ParamValue>>)[name];
  }

  /** The joint sample's value where it lies in the distribution. Drawn at the first parameter that needs it. */
  #relativeValue(name: string, distribution: Distribution): ParamValue | undefined {
    this.#relativeParams ??= this.#study.sampler.sampleRelative(
      this.#context,
      this.freeze(),
      this.#relativeSearchSpace,
    );
    const value = this.#relativeParams.get(name);
    const sampledFrom = this.#relativeSearchSpace.get(name);
    if (value === undefined || sampledFrom === undefined) return undefined;
    checkDistributionCompatibility(name, sampledFrom, distribution);
    return distribution.contains(distribution.toInternalRepr(value)) ? value : undefined;
  }

  #requireSingleObjective(method: string): void {
    if (this.#study.directions.length > 1) {
      throw new HoneError('multi-objective', `${method} is not defined for a study with several objectives.`);
    }
  }
}

/** A number, or text that reads as one, as Python's `float` takes it. */
function toReportedValue(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isNaN(read)) {
    throw new InvalidInputError(
      'value',
      `The reported value is of type ${typeof value}, but it must be a number.`,
    );
  }
  return read;
}
