import { exp, log as naturalLog } from '../base/elementary.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { RandomState } from '../base/random-state.ts';
import { clip, nextBelow, roundHalfEven } from '../base/rounding.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';
import type { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import type { FloatDistribution } from '../distributions/float-distribution.ts';
import type { IntDistribution } from '../distributions/int-distribution.ts';
import type { FrozenTrial } from '../study/frozen-trial.ts';
import type { Sampler, SamplerContext, SearchSpace } from './base.ts';
import { checkSamplerState } from './sampler-state.ts';

/** What a {@link RandomSampler} may be given. */
export interface RandomSamplerOptions {
  /** 0 … 2³² - 1; null or absent: drawn once from the operating system, and kept in the state. */
  readonly seed?: number | null;
}

/** Draws every parameter uniformly, or uniformly in the logarithm. Optuna: `RandomSampler`. */
export class RandomSampler implements Sampler {
  readonly #random: RandomState;

  /** @throws {InvalidInputError} where the seed is out of range. */
  constructor(options: RandomSamplerOptions = {}) {
    this.#random = new RandomState(options.seed ?? null);
  }

  inferRelativeSearchSpace(): SearchSpace {
    return new Map();
  }

  sampleRelative(): ReadonlyMap<string, ParamValue> {
    return new Map();
  }

  /** @throws {InvalidInputError} where the range is too wide for doubles. */
  sampleIndependent(
    _context: SamplerContext,
    _trial: FrozenTrial,
    paramName: string,
    distribution: Distribution,
  ): ParamValue {
    if (distribution.name === 'FloatDistribution') return this.#sampleFloat(paramName, distribution);
    if (distribution.name === 'IntDistribution') return this.#sampleInt(paramName, distribution);
    return this.#sampleChoice(distribution);
  }

  getState(): JsonObject {
    return { sampler: 'random', random: this.#random.getState() };
  }

  setState(state: JsonObject): void {
    checkSamplerState(state, 'random');
    this.#random.setState(state.random);
  }

  #sampleFloat(paramName: string, { low, high, log, step }: FloatDistribution): number {
    if (step !== null) return this.#sampleGrid(paramName, low, high, step);
    const value = log
      ? exp(this.#uniform(paramName, naturalLog(low), naturalLog(high)))
      : this.#uniform(paramName, low, high);
    if (low === high) return value;
    // The upper bound itself has no probability, but rounding could give it.
    return Math.min(value, high - 1 < high ? nextBelow(high) : high);
  }

  #sampleInt(paramName: string, { low, high, log, step }: IntDistribution): number {
    if (!log) return this.#sampleGrid(paramName, low, high, step);
    const value = exp(this.#uniform(paramName, naturalLog(low - 0.5), naturalLog(high + 0.5)));
    return clip(roundHalfEven(value), low, high);
  }

  /** Half a step more on both sides gives the outer grid points the share of the others. */
  #sampleGrid(paramName: string, low: number, high: number, step: number): number {
    const value = this.#uniform(paramName, low - 0.5 * step, high + 0.5 * step);
    return clip(roundHalfEven((value - low) / step) * step + low, low, high);
  }

  /** One draw a choice; the largest wins, the first of equals. */
  #sampleChoice(distribution: CategoricalDistribution): ParamValue {
    let best = 0;
    let largest = -1;
    for (let i = 0; i < distribution.choices.length; i++) {
      const draw = this.#random.random();
      if (draw > largest) {
        largest = draw;
        best = i;
      }
    }
    return distribution.toExternalRepr(best);
  }

  #uniform(paramName: string, low: number, high: number): number {
    if (!Number.isFinite(high - low)) {
      throw new InvalidInputError(
        paramName,
        `The range of '${paramName}' spans ${high - low}, but it must be finite to be sampled.`,
      );
    }
    return this.#random.uniform(low, high);
  }
}
