import { InvalidInputError } from '../base/errors.ts';
import type { ParamValue } from '../distributions/base.ts';
import type { DeclarativeSpace } from '../search-space/search-space.ts';
import type { CurveSpec, ObjectiveSpec } from './spec.ts';

type Params = ReadonlyMap<string, ParamValue>;
type Separable = Extract<ObjectiveSpec, { kind: 'separable' }>;

/** Value of an objective; sums run in the order of the parameters. */
export function evaluateObjective(objective: ObjectiveSpec, params: Params, space: DeclarativeSpace): number {
  if (objective.kind === 'separable') return evaluateSeparable(objective, params, space);
  const x = objective.params.map((name) => readNumber(params, name));
  if (objective.kind === 'linear') {
    const { offset, weights } = objective;
    return offset + sum(x.slice(0, weights.length), (value, index) => (weights[index] ?? 0) * value);
  }
  return FUNCTIONS[objective.kind](x);
}

/** Value of a learning curve at `step` of trial `number`, which ends near `final`. */
export function evaluateCurve(curve: CurveSpec, final: number, number: number, step: number): number {
  const sign = curve.increasing ? -1 : 1;
  const wobble = curve.wobble * Math.sin(1.7 * step + 2.3 * number);
  const rate = curve.rate * (1 + curve.rateSpread * Math.sin(1.1 * number));
  return final + sign * curve.gap * Math.exp(-rate * step) + wobble;
}

type FunctionOfX = (x: readonly number[]) => number;

const FUNCTIONS: Readonly<Record<Exclude<ObjectiveSpec['kind'], 'linear' | 'separable'>, FunctionOfX>> = {
  sphere: (x) => sum(x, (value) => value * value),
  rosenbrock: (x) =>
    sum(x.slice(0, -1), (value, index) => 100 * ((x[index + 1] ?? 0) - value ** 2) ** 2 + (1 - value) ** 2),
  rastrigin: (x) => 10 * x.length + sum(x, (value) => value * value - 10 * Math.cos(2 * Math.PI * value)),
  ackley: (x) => {
    const root = Math.sqrt(sum(x, (value) => value * value) / x.length);
    const waves = sum(x, (value) => Math.cos(2 * Math.PI * value)) / x.length;
    return -20 * Math.exp(-0.2 * root) - Math.exp(waves) + 20 + Math.E;
  },
  'zdt1.f1': (x) => x[0] ?? Number.NaN,
  'zdt1.f2': (x) => {
    const g = zdtG(x);
    return g * (1 - Math.sqrt((x[0] ?? Number.NaN) / g));
  },
  'zdt2.f2': (x) => {
    const g = zdtG(x);
    return g * (1 - ((x[0] ?? Number.NaN) / g) ** 2);
  },
};

function zdtG(x: readonly number[]): number {
  return 1 + (9 * sum(x.slice(1), (value) => value)) / (x.length - 1);
}

function evaluateSeparable(objective: Separable, params: Params, space: DeclarativeSpace): number {
  let total = 0;
  for (const [name, { target, weight, costs }] of Object.entries(objective.terms)) {
    const value = params.get(name);
    const distribution = space.find((parameter) => parameter.name === name)?.distribution;
    if (value === undefined || distribution === undefined) continue;
    if (distribution.name === 'CategoricalDistribution') {
      total += costs?.[distribution.toInternalRepr(value)] ?? fail(`The term ${name} has too few costs.`);
    } else {
      const number = readNumber(params, name);
      const distance =
        (distribution.log ? Math.log10(number) : number) -
        (target ?? fail(`The term ${name} has no target.`));
      total += weight * distance ** 2;
    }
  }
  return total;
}

function readNumber(params: Params, name: string): number {
  const value = params.get(name);
  return typeof value === 'number' ? value : fail(`The parameter ${name} is no number in this trial.`);
}

/** From left to right, as Python's `sum` does up to 3.11. */
function sum(values: readonly number[], term: (value: number, index: number) => number): number {
  let total = 0;
  for (const [index, value] of values.entries()) total += term(value, index);
  return total;
}

function fail(message: string): never {
  throw new InvalidInputError('objectives', message);
}
