import { CategoricalDistribution } from '../../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../../distributions/float-distribution.ts';
import { IntDistribution } from '../../distributions/int-distribution.ts';
import type { TrialParam, TrialTemplate } from '../base.ts';

/** Choices of every type. */
export const CHOICES = new CategoricalDistribution([null, true, false, 0.5, 7, 'é', Number.NaN]);

/** One parameter of every kind, with internal values. */
export const PARAMS: readonly TrialParam[] = [
  { name: 'zeta', internalValue: 0.1 + 0.2, distribution: new FloatDistribution(0, 1) },
  { name: 'log', internalValue: 1e-5, distribution: new FloatDistribution(1e-5, 1e-1, { log: true }) },
  { name: 'grid', internalValue: 0.75, distribution: new FloatDistribution(0, 1, { step: 0.25 }) },
  { name: 'int', internalValue: -3, distribution: new IntDistribution(-9, 9, { step: 3 }) },
  { name: 'intLog', internalValue: 64, distribution: new IntDistribution(1, 128, { log: true }) },
  { name: 'alpha', internalValue: 5, distribution: CHOICES },
];

/** The external values of {@link PARAMS}. */
export const EXTERNALS = { zeta: 0.1 + 0.2, log: 1e-5, grid: 0.75, int: -3, intLog: 64, alpha: 'é' };

/** A trial with everything a trial can have. */
export function template(change: Partial<TrialTemplate> = {}): TrialTemplate {
  return {
    state: 'COMPLETE',
    values: [1.5],
    params: EXTERNALS,
    distributions: new Map(PARAMS.map((param) => [param.name, param.distribution])),
    intermediateValues: new Map([
      [10, Number.NaN],
      [2, Infinity],
      [0, 1 / 3],
      [5_000_000_000, -Infinity],
    ]),
    userAttrs: { note: 'größer', list: [1, null] },
    systemAttrs: { fixed_params: { zeta: 0.5 } },
    datetimeStart: new Date('2026-03-01T10:20:30.456'),
    datetimeComplete: new Date('2026-03-01T10:20:31.007'),
    ...change,
  };
}
