import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import { type Logger, setLogger } from '../base/logging.ts';
import { CategoricalDistribution } from './categorical-distribution.ts';
import { checkDistributionCompatibility, distributionsEqual } from './compatibility.ts';
import { FloatDistribution } from './float-distribution.ts';
import { IntDistribution } from './int-distribution.ts';

let warnings: string[];
let previous: Logger;

beforeEach(() => {
  warnings = [];
  previous = setLogger({ info() {}, warn: (message) => warnings.push(message) });
});

afterEach(() => {
  setLogger(previous);
});

describe('FloatDistribution', () => {
  // Column 4 is what Optuna 4.1 makes of high.
  it.each([
    [0, 1, 0.3, 0.9],
    [0, 0.9, 0.3, 0.9],
    [-1.5, 1.5, 0.1, 1.5],
    [0.1, 1e-3 + 1, 0.25, 0.85],
    [1e-7, 1, 1e-7, 1],
    [0, 1, 2, 0],
    [5, 5, 1, 5],
  ])('lowers high of [%d, %d] with step %d to %d', (low, high, step, lowered) => {
    expect(new FloatDistribution(low, high, { step }).high).toBe(lowered);
    expect(warnings.length).toBe(lowered === high ? 0 : 1);
  });

  it('names the range in the warning', () => {
    expect(new FloatDistribution(0, 1, { step: 0.3 }).high).toBe(0.9);
    expect(warnings).toEqual(['step 0.3 does not divide the range from 0 to 1; high becomes 0.9.']);
  });

  it.each([
    [
      () => new FloatDistribution(1, 2, { log: true, step: 0.1 }),
      'step is 0.1, but a log range allows no step.',
    ],
    [() => new FloatDistribution(2, 1), 'low is 2, but it must not be above high, which is 1.'],
    [() => new FloatDistribution(0, 1, { log: true }), 'low is 0, but it must be above 0 for a log range.'],
    [() => new FloatDistribution(0, 1, { step: 0 }), 'step is 0, but it must be above 0.'],
    [() => new FloatDistribution(0, 1, { step: -1 }), 'step is -1, but it must be above 0.'],
    [
      () => new FloatDistribution(0, Infinity, { step: 1 }),
      'high is Infinity, but a range with a step must be finite.',
    ],
  ])('refuses bounds that do not go together (%#)', (make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(InvalidInputError);
  });

  it('accepts a NaN bound, as Optuna does', () => {
    expect(new FloatDistribution(Number.NaN, 1).low).toBeNaN();
  });

  it('contains its bounds, and with a step only the grid', () => {
    const plain = new FloatDistribution(0, 1);
    expect([0, 0.3, 1, 1.1, -1e-9, Number.NaN].map((x) => plain.contains(x))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    const stepped = new FloatDistribution(0, 1, { step: 0.1 });
    expect([0.1 + 0.2, 0.35, 1].map((x) => stepped.contains(x))).toEqual([true, false, true]);
  });

  it('is single where one value is possible', () => {
    expect(new FloatDistribution(1, 1).single()).toBe(true);
    expect(new FloatDistribution(0, 1, { step: 2 }).single()).toBe(true);
    expect(new FloatDistribution(0, 0.3, { step: 0.3 }).single()).toBe(false);
    expect(new FloatDistribution(0, 1e-9).single()).toBe(false);
  });

  it('takes numbers and booleans and refuses the rest', () => {
    const d = new FloatDistribution(1e-5, 1, { log: true });
    expect(d.toInternalRepr(0.5)).toBe(0.5);
    expect(d.toInternalRepr(true)).toBe(1);
    expect(d.toInternalRepr(7)).toBe(7);
    for (const value of ['0.5', 'abc', null, Number.NaN, 0, -1, false]) {
      expect(() => d.toInternalRepr(value)).toThrow(InvalidInputError);
    }
  });
});

describe('IntDistribution', () => {
  it.each([
    [1, 10, 4, 9],
    [1, 10, 3, 10],
    [-5, 5, 3, 4],
    [0, 1, 7, 0],
  ])('lowers high of [%d, %d] with step %d to %d', (low, high, step, lowered) => {
    expect(new IntDistribution(low, high, { step }).high).toBe(lowered);
    expect(warnings.length).toBe(lowered === high ? 0 : 1);
  });

  it('drops fractions of bounds', () => {
    const d = new IntDistribution(1.9, 5.9);
    expect([d.low, d.high]).toEqual([1, 5]);
  });

  it.each([
    [() => new IntDistribution(1, 8, { log: true, step: 2 }), 'step is 2, but a log range allows only 1.'],
    [() => new IntDistribution(3, 1), 'low is 3, but it must not be above high, which is 1.'],
    [
      () => new IntDistribution(0, 8, { log: true }),
      'low is 0, but it must be 1 or more for a log range of integers.',
    ],
    [() => new IntDistribution(1, 8, { step: 0 }), 'step is 0, but it must be 1 or more.'],
    [() => new IntDistribution(1, Number.NaN), 'high is NaN, but it must be a whole number.'],
  ])('refuses bounds that do not go together (%#)', (make, message) => {
    expect(make).toThrow(message);
  });

  it('contains the grid', () => {
    const d = new IntDistribution(1, 9, { step: 4 });
    expect([1, 5, 9, 4, 13, 5.5].map((x) => d.contains(x))).toEqual([true, true, true, false, false, false]);
    expect(d.toExternalRepr(5.9)).toBe(5);
  });
});

describe('CategoricalDistribution', () => {
  it('finds a choice by Python equality: the first that matches', () => {
    const d = new CategoricalDistribution([true, 1, 1.5, 'a', null, Number.NaN, 0, false]);
    expect([true, 1, 1.5, 'a', null, Number.NaN, 0, false].map((x) => d.toInternalRepr(x))).toEqual([
      0, 0, 2, 3, 4, 5, 6, 6,
    ]);
    expect(() => d.toInternalRepr('1')).toThrow('none of the choices true, 1, 1.5, "a", null, NaN, 0, false');
    expect(() => d.toInternalRepr('')).toThrow(InvalidInputError);
  });

  it('needs a choice, and an index that exists', () => {
    expect(() => new CategoricalDistribution([])).toThrow(InvalidInputError);
    const d = new CategoricalDistribution([null]);
    expect(d.toExternalRepr(0)).toBeNull();
    expect(() => d.toExternalRepr(1)).toThrow(InvalidInputError);
    expect([d.contains(0), d.contains(1), d.contains(-1), d.single()]).toEqual([true, false, false, true]);
  });
});

describe('compatibility', () => {
  const categorical = new CategoricalDistribution([1, Number.NaN]);

  it('compares ranges and, in Python equality, choices', () => {
    expect(distributionsEqual(new FloatDistribution(0, 1), new FloatDistribution(0, 1))).toBe(true);
    expect(distributionsEqual(new FloatDistribution(0, 1), new FloatDistribution(0, 1, { step: 0.5 }))).toBe(
      false,
    );
    expect(distributionsEqual(new FloatDistribution(0, 1), new IntDistribution(0, 1))).toBe(false);
    expect(distributionsEqual(categorical, new CategoricalDistribution([true, Number.NaN]))).toBe(true);
    expect(distributionsEqual(categorical, new CategoricalDistribution([Number.NaN, 1]))).toBe(false);
    expect(distributionsEqual(categorical, new FloatDistribution(0, 1))).toBe(false);
    expect(
      distributionsEqual(new FloatDistribution(Number.NaN, 1), new FloatDistribution(Number.NaN, 1)),
    ).toBe(false);
  });

  it('lets bounds and steps change, but not the kind, the log or the choices', () => {
    const check = checkDistributionCompatibility;
    check('x', new FloatDistribution(0, 1), new FloatDistribution(-5, 5, { step: 0.5 }));
    check('x', categorical, new CategoricalDistribution([1, Number.NaN]));
    expect(() => check('x', new FloatDistribution(0, 1), new IntDistribution(0, 1))).toThrow(
      "The parameter 'x' has the kind FloatDistribution in this study and cannot become IntDistribution.",
    );
    expect(() => check('x', new FloatDistribution(1, 2), new FloatDistribution(1, 2, { log: true }))).toThrow(
      "The parameter 'x' has log false in this study and cannot change it.",
    );
    expect(() => check('x', categorical, new CategoricalDistribution([1, 2]))).toThrow(
      'does not support dynamic value space',
    );
  });
});
