/**
 * The engine as a library: Optuna's API in TypeScript.
 *
 * ```ts
 * const study = await createStudy({ direction: 'maximize', sampler: new TPESampler({ seed: 42 }) });
 * await study.optimize(async (trial) => {
 *   const lr = trial.suggestFloat('lr', 1e-5, 1e-1, { log: true });
 *   return train(lr);
 * }, { nTrials: 100 });
 * const { params } = await study.bestTrial();
 * ```
 */
export {
  DuplicatedStudyError,
  HoneError,
  InvalidInputError,
  NotFoundError,
  StorageError,
  type StorageFailure,
  TrialPruned,
  UpdateFinishedTrialError,
} from './base/errors.ts';
export type { JsonObject, JsonValue } from './base/json.ts';
export { type Logger, setLogger } from './base/logging.ts';
export {
  type CopyStudyOptions,
  type CreateStudyOptions,
  copyStudy,
  createStudy,
  deleteStudy,
  getAllStudyNames,
  getAllStudySummaries,
  type LoadStudyOptions,
  loadStudy,
  type StudyOptions,
  type StudyPlace,
} from './create-study.ts';
export type { CategoricalChoice, Distribution, ParamValue } from './distributions/base.ts';
export { CategoricalDistribution } from './distributions/categorical-distribution.ts';
export { distributionFromJson, distributionToJson } from './distributions/distribution-json.ts';
export { FloatDistribution, type FloatOptions } from './distributions/float-distribution.ts';
export { IntDistribution, type IntOptions } from './distributions/int-distribution.ts';
export type { PruneDecision, Pruner, PrunerContext } from './pruners/base.ts';
export { MedianPruner } from './pruners/median-pruner.ts';
export { NopPruner } from './pruners/nop-pruner.ts';
export { PercentilePruner, type PercentilePrunerOptions } from './pruners/percentile-pruner.ts';
export type { AfterTrialAttrs, Sampler, SamplerContext, SearchSpace } from './samplers/base.ts';
export { RandomSampler, type RandomSamplerOptions } from './samplers/random-sampler.ts';
export { hyperoptParameters, type TPESamplerOptions } from './samplers/tpe/options.ts';
export { TPESampler } from './samplers/tpe/tpe-sampler.ts';
export { parseSearchSpace } from './search-space/parse-search-space.ts';
export {
  type Condition,
  type DeclarativeSpace,
  gridSize,
  type SpaceParameter,
  suggestAll,
} from './search-space/search-space.ts';
export type { FrozenStudy, Storage, StudySummary, TrialParam, TrialTemplate } from './storage/base.ts';
export { InMemoryStorage } from './storage/in-memory/in-memory-storage.ts';
export { SqliteStorage, type SqliteStorageOptions } from './storage/rdb/sqlite-storage.ts';
export { createTrial, type TrialParts } from './study/create-trial.ts';
export { type FrozenTrial, lastStep, type StudyDirection, type TrialState } from './study/frozen-trial.ts';
export { maxTrialsCallback } from './study/max-trials-callback.ts';
export type { Objective, OptimizeOptions, StudyCallback } from './study/optimize.ts';
export type { EnqueueOptions, Study } from './study/study.ts';
export type { ObjectiveValue, TellOptions, ToldState } from './study/tell.ts';
export type { Trial } from './study/trial.ts';
