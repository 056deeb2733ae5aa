import type { JsonObject } from '../base/json.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';
import type { FrozenTrial, StudyDirection, TrialState } from '../study/frozen-trial.ts';

/**
 * What a sampler may know of a study while it suggests: one consistent snapshot, taken when the trial was
 * asked for. Suggesting is therefore synchronous whatever the storage.
 */
export interface SamplerContext {
  readonly studyName: string;
  readonly directions: readonly StudyDirection[];
  /** Every trial by number, those of other processes and running ones included. */
  readonly trials: readonly FrozenTrial[];
}

/** A search space: distributions by parameter name; the order matters to samplers. */
export type SearchSpace = ReadonlyMap<string, Distribution>;

/** System attributes that a sampler wants written with a finishing trial. */
export interface AfterTrialAttrs {
  readonly trialSystemAttrs?: JsonObject;
  readonly studySystemAttrs?: JsonObject;
}

/**
 * The contract of every sampler. Optuna: `BaseSampler`.
 *
 * For each trial the study asks once for the relative search space and a joint sample of it, then, while the
 * objective runs, independently for every parameter that the joint sample does not cover.
 */
export interface Sampler {
  /** Parameters that {@link sampleRelative} will sample together; empty where there are none. */
  inferRelativeSearchSpace(context: SamplerContext, trial: FrozenTrial): SearchSpace;

  /** A joint sample (external values by name) of the relative search space. */
  sampleRelative(
    context: SamplerContext,
    trial: FrozenTrial,
    searchSpace: SearchSpace,
  ): ReadonlyMap<string, ParamValue>;

  /** A value (external) for one parameter. `trial` holds the parameters suggested so far. */
  sampleIndependent(
    context: SamplerContext,
    trial: FrozenTrial,
    paramName: string,
    distribution: Distribution,
  ): ParamValue;

  /** Called before a trial is told; what it returns is written together with the trial's end. */
  afterTrial?(
    context: SamplerContext,
    trial: FrozenTrial,
    state: TrialState,
    values: readonly number[] | null,
  ): AfterTrialAttrs;

  /** The position of the random streams (and nothing that the trials tell already), as JSON. */
  getState(): JsonObject;

  /**
   * Continue from a state that {@link getState} gave, so that a resumed study draws what the uninterrupted
   * one would have drawn.
   *
   * @throws {InvalidInputError} where the state belongs to another sampler.
   */
  setState(state: JsonObject): void;
}
