import { describe, expect, it } from 'vitest';
import { pairwiseSum } from '../../base/pairwise-sum.ts';
import { RandomState } from '../../base/random-state.ts';
import { FloatDistribution } from '../../distributions/float-distribution.ts';
import { IntDistribution } from '../../distributions/int-distribution.ts';
import { GridMasses } from './grid-masses.ts';
import { JointLogDensity } from './joint-log-density.ts';
import type { Kernels } from './kernels.ts';
import { numericalRange } from './numerical-range.ts';
import { defaultGamma, defaultWeights, hyperoptDefaultGamma, parzenOptions } from './options.ts';
import { ParzenFactory } from './parzen-factory.ts';
import { Scratch } from './scratch.ts';
import { logAddExp, logGaussMass, truncatedNormalQuantile } from './truncated-normal.ts';

describe('truncated normal', () => {
  it.each([
    [-1, 2],
    [0.5, 3],
    [-8, -6],
    [20, 25],
    [-30, -21],
  ])('has the quantiles that its mass says, between %f and %f', (a, b) => {
    const whole = logGaussMass(a, b);
    for (const q of [0.001, 0.25, 0.5, 0.9, 0.999]) {
      const x = truncatedNormalQuantile(q, a, b);
      expect(Math.exp(logGaussMass(a, x) - whole)).toBeCloseTo(q, 9);
    }
    expect(truncatedNormalQuantile(0, a, b)).toBe(a);
    expect(truncatedNormalQuantile(0.5, a, a)).toBeNaN();
  });

  it('adds in logarithms', () => {
    expect(logAddExp(Math.log(2), Math.log(3))).toBeCloseTo(Math.log(5), 14);
    expect(logAddExp(-Infinity, -Infinity)).toBe(-Infinity);
    expect(logAddExp(1000, -1000)).toBe(1000);
  });
});

describe('GridMasses', () => {
  it.each([
    ['few integers', new IntDistribution(-4, 20, { step: 3 }), 3, 0],
    ['many integers', new IntDistribution(0, 3_000_000), 1, 1e-11],
    ['fractions', new FloatDistribution(0.1, 0.7, { step: 0.2 }), 0.2, 0],
  ] as const)('%s: gives the mass of the interval around a point', (_, distribution, step, tolerance) => {
    const range = numericalRange(distribution);
    const masses = new GridMasses(range, step);
    const random = new RandomState(0);
    for (const sigma of [range.width / 100, range.width / 100, range.width / 7]) {
      masses.remember(range.width / 100);
      for (let i = 0; i < 50; i++) {
        const nPoints = Math.round((range.high - range.low) / step) + 1;
        const [x, mu] = [0, 0].map(() => range.low + random.randint(0, nPoints) * step) as [number, number];
        const low = Math.max(x - step / 2, range.lowEdge);
        const high = Math.min(x + step / 2, range.highEdge);
        const wanted = logGaussMass((low - mu) / sigma, (high - mu) / sigma);
        // Deep in a tail the error of the difference grows with the logarithm itself.
        expect(Math.abs(masses.get(x, mu, sigma) - wanted)).toBeLessThanOrEqual(
          tolerance * Math.max(1, wanted ** 2),
        );
      }
    }
  });
});

describe('JointLogDensity', () => {
  it.each([1, 7, 8, 9, 20, 128, 129, 300])('adds %i factors as pairwiseSum does', (count) => {
    const random = new RandomState(count);
    const table = Array.from({ length: count }, () =>
      Float64Array.from([0, 0, 0], () => random.random() - 0.7),
    );
    const factors: Kernels[] = table.map((row) => ({
      sample: () => {},
      logDensities: (x, out) => out.set(row.map((value) => value * x)),
    }));
    const point = Float64Array.from({ length: count }, () => random.random());
    const out = new Float64Array(3);
    new JointLogDensity(factors, 3, new Scratch()).write(point, out);
    const wanted = [0, 1, 2].map((k) =>
      pairwiseSum(Float64Array.from(table, (row, i) => row[k]! * point[i]!)),
    );
    expect([...out]).toEqual(wanted);
  });
});

describe('ParzenEstimator', () => {
  it.each([false, true])('is a density that integrates to 1, multivariate: %s', (multivariate) => {
    const distribution = new FloatDistribution(-2, 3);
    const space = new Map([['x', distribution]]);
    const observed = [-1.9, 0.3, 0.3, 2.5];
    const estimator = new ParzenFactory(parzenOptions({ multivariate }), new Scratch()).create(space, {
      trialNumbers: Int32Array.of(0, 1, 2, 3),
      values: [Float64Array.of(...observed, 0)],
      weights: null,
    });
    const n = 20_000;
    let integral = 0;
    for (let i = 0; i < n; i++) {
      integral += (Math.exp(estimator.logDensity(Float64Array.of(-2 + ((i + 0.5) * 5) / n))) * 5) / n;
    }
    expect(integral).toBeCloseTo(1, 6);
    const [drawn] = estimator.sample(new RandomState(0), 2000);
    expect(drawn?.every((x) => x >= -2 && x <= 3)).toBe(true);
  });

  it('gives the masses of a grid that sum to 1', () => {
    const distribution = new IntDistribution(1, 9, { step: 2 });
    const estimator = new ParzenFactory(parzenOptions({}), new Scratch()).create(
      new Map([['n', distribution]]),
      {
        trialNumbers: Int32Array.of(0, 1, 2),
        values: [Float64Array.of(1, 9, 9, 0)],
        weights: null,
      },
    );
    const masses = [1, 3, 5, 7, 9].map((n) => Math.exp(estimator.logDensity(Float64Array.of(n))));
    expect(masses.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(masses[4]).toBeGreaterThan(masses[2] ?? 1);
  });
});

describe('defaults', () => {
  it('take a tenth as good, at most 25', () => {
    expect([0, 1, 10, 11, 250, 1000].map(defaultGamma)).toEqual([0, 1, 1, 2, 25, 25]);
    expect([0, 1, 16, 17, 100_000].map(hyperoptDefaultGamma)).toEqual([0, 1, 1, 2, 25]);
  });

  it('forget linearly before the latest 25', () => {
    expect([...defaultWeights(3)]).toEqual([1, 1, 1]);
    expect(defaultWeights(26)[0]).toBe(1 / 26);
    const weights = defaultWeights(29);
    expect([...weights.subarray(0, 4)]).toEqual([1 / 29, 1 / 29 + 28 / 87, 1 / 29 + 56 / 87, 1]);
    expect([...weights.subarray(4)]).toEqual(Array.from({ length: 25 }, () => 1));
  });
});
