import type { CategoricalChoice, Distribution, ParamValue } from '../distributions/base.ts';
import { choicesEqual } from '../distributions/categorical-distribution.ts';
import { countGridPoints } from '../distributions/decimal.ts';

/** When a parameter is asked for: an earlier parameter has one of some values. */
export interface Condition {
  /** Name of an earlier parameter. */
  readonly param: string;
  /** Values of it, compared as choices are. */
  readonly in: readonly CategoricalChoice[];
}

/** A parameter of a declarative space. */
export interface SpaceParameter {
  readonly name: string;
  readonly distribution: Distribution;
  /** Null where it is always asked for. */
  readonly when: Condition | null;
  /** The values that a grid search tries, or null where none were given. */
  readonly grid: readonly ParamValue[] | null;
}

/** A search space as data: parameters in the order in which an objective asks for them. */
export type DeclarativeSpace = readonly SpaceParameter[];

/** The part of a trial that {@link suggestAll} needs. */
export interface SuggestingTrial {
  suggest(name: string, distribution: Distribution): ParamValue;
}

/**
 * Ask a trial for every parameter of a space whose condition holds, in order.
 *
 * @returns the values by name, in that order.
 */
export function suggestAll(trial: SuggestingTrial, space: DeclarativeSpace): Map<string, ParamValue> {
  const params = new Map<string, ParamValue>();
  for (const { name, distribution, when } of space) {
    if (holds(when, params)) params.set(name, trial.suggest(name, distribution));
  }
  return params;
}

/**
 * How many parameter sets a grid over the space has: every choice, integer and step of floats, or the `grid` values
 * where given; parameters whose condition does not hold do not multiply. Infinity with a float without step.
 */
export function gridSize(space: DeclarativeSpace): number {
  return countFrom(space, 0, new Map());
}

function holds(when: Condition | null, params: ReadonlyMap<string, ParamValue>): boolean {
  if (when === null) return true;
  const value = params.get(when.param);
  return value !== undefined && when.in.some((wanted) => choicesEqual(wanted, value));
}

/** Parameter sets of the parameters from `index` on, where earlier ones have the values `params`. */
function countFrom(space: DeclarativeSpace, index: number, params: ReadonlyMap<string, ParamValue>): number {
  const parameter = space[index];
  if (parameter === undefined) return 1;
  if (!holds(parameter.when, params)) return countFrom(space, index + 1, params);
  const nValues = parameter.grid?.length ?? countValues(parameter.distribution);
  const named = namedValues(space, parameter);
  let total = 0;
  for (const value of named) total += countFrom(space, index + 1, new Map(params).set(parameter.name, value));
  // All values that no condition names have the same parameters after them.
  const nOthers = nValues - named.length;
  return nOthers > 0 ? total + nOthers * countFrom(space, index + 1, params) : total;
}

/** The different values of a parameter that conditions name. */
function namedValues(space: DeclarativeSpace, { name, grid }: SpaceParameter): CategoricalChoice[] {
  const named: CategoricalChoice[] = [];
  for (const { when } of space) {
    if (when?.param !== name) continue;
    for (const value of when.in) {
      const onGrid = grid?.some((other) => choicesEqual(other, value)) ?? true;
      if (onGrid && !named.some((other) => choicesEqual(other, value))) named.push(value);
    }
  }
  return named;
}

function countValues(distribution: Distribution): number {
  if (distribution.name === 'CategoricalDistribution') return distribution.choices.length;
  const { low, high } = distribution;
  const step = distribution.step ?? (low === high ? 1 : null);
  return step === null ? Number.POSITIVE_INFINITY : countGridPoints(low, high, step);
}
