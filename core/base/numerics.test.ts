import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { introsortArgsort } from './argsort.ts';
import { compareCodePoints } from './code-point-order.ts';
import { exp, log, log1p } from './elementary.ts';
import { erf, erfc, smallErf } from './erf.ts';
import { inverseLogNdtr, logNdtr, ndtr } from './normal-distribution.ts';
import { pairwiseSum } from './pairwise-sum.ts';
import { RandomState } from './random-state.ts';
import { clip, nextBelow, roundHalfEven } from './rounding.ts';

const FUNCTIONS = { exp, log, log1p, erfc, smallErf };

interface Recorded {
  argsorts: { seed: number; n: number; kinds: number; checksum: number; order: number[] | null }[];
  killer: { values: number[]; checksum: number };
  sums: { n: number; sum: number }[];
  elementary: { name: keyof typeof FUNCTIONS; seed: number; low: number; high: number; values: number[] }[];
  erf: [number, number, number][];
  logNdtr: [number, number][];
  inverseLogNdtr: [number, number][];
}

const recorded = JSON.parse(
  readFileSync(new URL('./numpy.recorded.json', import.meta.url), 'utf8'),
) as Recorded;

function checksum(order: Int32Array): number {
  let sum = 0n;
  for (const [i, index] of order.entries()) sum += BigInt(i) * BigInt(index);
  return Number(sum % BigInt(2 ** 31 - 1));
}

describe('introsortArgsort', () => {
  it.each(recorded.argsorts)('leaves equal values as numpy does: $n values of $kinds kinds', (record) => {
    const random = new RandomState(record.seed);
    const values = Float64Array.from({ length: record.n }, () => random.randint(0, record.kinds));
    const order = introsortArgsort(values);
    // Long orders are recorded as their checksum only.
    expect([...(record.order ?? order)]).toEqual([...order]);
    expect(checksum(order)).toBe(record.checksum);
  });

  it('falls back to heap sort as numpy does where the splits are bad', () => {
    expect(checksum(introsortArgsort(Float64Array.from(recorded.killer.values)))).toBe(
      recorded.killer.checksum,
    );
  });

  it('puts NaN last and infinities at the ends', () => {
    expect([...introsortArgsort(Float64Array.of(NaN, 1, -Infinity, NaN, Infinity, 0))]).toEqual([
      2, 5, 1, 4, 0, 3,
    ]);
  });
});

describe('pairwiseSum', () => {
  it.each(recorded.sums)('rounds as numpy: $n numbers', ({ n, sum }) => {
    const random = new RandomState(n);
    const values = Float64Array.from({ length: n }, () => random.random() - 0.3);
    expect(pairwiseSum(values)).toBe(sum);
    const padded = new Float64Array(n + 5);
    padded.set(values, 3);
    expect(pairwiseSum(padded, 3, n)).toBe(sum);
  });
});

describe('elementary functions', () => {
  it.each(recorded.elementary)('$name rounds as the C library from $low to $high', (record) => {
    const random = new RandomState(record.seed);
    const points = record.values.map(() => random.uniform(record.low, record.high));
    expect(points.map(FUNCTIONS[record.name])).toEqual(record.values);
  });

  it('give what their definition asks for at the ends', () => {
    expect([exp(-Infinity), exp(-1000), exp(0), exp(1000), exp(Infinity)]).toEqual([
      0,
      0,
      1,
      Infinity,
      Infinity,
    ]);
    expect([log(0), log(1), log(5e-324), log(Infinity)]).toEqual([
      -Infinity,
      0,
      -744.4400719213812,
      Infinity,
    ]);
    expect([log1p(-1), log1p(0), log1p(1e-300), log1p(Infinity)]).toEqual([-Infinity, 0, 1e-300, Infinity]);
    expect([exp(NaN), log(NaN), log(-1), log1p(NaN), log1p(-2)].every(Number.isNaN)).toBe(true);
  });
});

describe('error functions', () => {
  it.each(recorded.erf)('erf and erfc at %f', (x, wantedErf, wantedErfc) => {
    expect(Math.abs(erf(x) - wantedErf)).toBeLessThanOrEqual(3e-16);
    expect(Math.abs(erfc(x) - wantedErfc)).toBeLessThanOrEqual(4e-16 * wantedErfc);
  });

  it('pass NaN on', () => {
    expect(erf(NaN)).toBeNaN();
    expect(ndtr(NaN)).toBeNaN();
    expect(logNdtr(NaN)).toBeNaN();
  });
});

describe('logNdtr', () => {
  it.each(recorded.logNdtr)('at %f', (x, wanted) => {
    expect(Math.abs(logNdtr(x) - wanted)).toBeLessThanOrEqual(4e-16 * Math.max(Math.abs(wanted), 0.5));
  });

  it.each(recorded.inverseLogNdtr)('is inverted at %f', (y, wanted) => {
    expect(Math.abs(inverseLogNdtr(y) - wanted)).toBeLessThanOrEqual(1e-13 * Math.max(Math.abs(wanted), 1));
  });
});

describe('rounding', () => {
  it('takes halves to the even integer', () => {
    const given = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, -1e-20, 2 ** 53 + 2];
    expect(given.map((x) => roundHalfEven(x) + 0)).toEqual([-2, -2, 0, 0, 2, 2, 0, 0, 2 ** 53 + 2]);
    expect(roundHalfEven(Infinity)).toBe(Infinity);
    expect(roundHalfEven(NaN)).toBeNaN();
  });

  it('finds the next double below', () => {
    expect(nextBelow(1)).toBe(1 - Number.EPSILON / 2);
    expect(nextBelow(-1)).toBe(-1 - Number.EPSILON);
    expect(nextBelow(0)).toBe(-Number.MIN_VALUE);
    expect(nextBelow(Infinity)).toBe(Infinity);
  });

  it('clips', () => {
    expect([clip(-1, 0, 2), clip(1, 0, 2), clip(3, 0, 2)]).toEqual([0, 1, 2]);
    expect(clip(NaN, 0, 2)).toBeNaN();
  });
});

describe('compareCodePoints', () => {
  it('orders text as Python does', () => {
    const names = ['\u{1F600}', '\uFFFD', 'b', 'a', 'ab', '', '\u{1F600}a', '\u{1F601}'];
    const wanted = ['', 'a', 'ab', 'b', '\uFFFD', '\u{1F600}', '\u{1F600}a', '\u{1F601}'];
    expect(names.toSorted(compareCodePoints)).toEqual(wanted);
  });
});
