import type { CategoricalDistribution } from './categorical-distribution.ts';
import type { FloatDistribution } from './float-distribution.ts';
import type { IntDistribution } from './int-distribution.ts';

/** A choice of a categorical parameter. */
export type CategoricalChoice = null | boolean | number | string;

/** The external value of any parameter, as an objective sees it. */
export type ParamValue = CategoricalChoice;

/** The three kinds of a parameter's range; `name` tells them apart. */
export type Distribution = FloatDistribution | IntDistribution | CategoricalDistribution;

/**
 * What every distribution offers.
 *
 * A value has two forms: the *external* one that an objective sees, and the *internal* number that storages
 * keep and samplers compute with (the number itself, or the index of the choice).
 */
export interface BaseDistribution<T extends ParamValue> {
  /** Optuna's class name, as it stands in `distribution_json`. */
  readonly name: 'FloatDistribution' | 'IntDistribution' | 'CategoricalDistribution';
  /** True where only one value is possible. */
  single(): boolean;
  /** True where `internal` lies in the range and on the grid of its steps. */
  contains(internal: number): boolean;
  /** @throws {InvalidInputError} where the value is of another kind or no choice. */
  toInternalRepr(external: ParamValue): number;
  toExternalRepr(internal: number): T;
}
