import { describe, expect, it } from 'vitest';
import type { Distribution } from '../distributions/base.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import { IntDistribution } from '../distributions/int-distribution.ts';
import { GroupSearchSpace } from './group-search-space.ts';
import { IntersectionSearchSpace, type TrialDistributions } from './intersection-search-space.ts';

const UNIT = new FloatDistribution(0, 1);
const WIDE = new FloatDistribution(0, 2);
const COUNT = new IntDistribution(1, 4);

function trial(
  number: number,
  distributions: Record<string, Distribution>,
  state: TrialDistributions['state'] = 'COMPLETE',
): TrialDistributions {
  return { number, state, distributions: new Map(Object.entries(distributions)) };
}

/** The groups' names, each in one word. */
function groupNames(trials: readonly TrialDistributions[]): string[] {
  return new GroupSearchSpace(true).calculate(trials).map((group) => [...group.keys()].join(''));
}

describe('IntersectionSearchSpace', () => {
  it('keeps what all trials have with the same range, sorted by name', () => {
    const trials = [
      trial(0, { z: UNIT, b: COUNT, a: UNIT }),
      trial(1, { a: new FloatDistribution(0, 1), z: UNIT, b: COUNT, c: UNIT }),
    ];
    expect([...new IntersectionSearchSpace().calculate(trials).keys()]).toEqual(['a', 'b', 'z']);
    expect([
      ...new IntersectionSearchSpace().calculate([...trials, trial(2, { a: WIDE, b: COUNT })]),
    ]).toEqual([['b', COUNT]]);
  });

  it('takes no notice of failed, waiting and running trials, and of pruned ones only where it is asked to', () => {
    const trials = [
      trial(0, { a: UNIT, b: COUNT }),
      trial(1, { x: UNIT }, 'FAIL'),
      trial(2, {}, 'WAITING'),
      trial(3, { a: UNIT }, 'RUNNING'),
      trial(4, { b: COUNT }, 'PRUNED'),
    ];
    expect([...new IntersectionSearchSpace(false).calculate(trials).keys()]).toEqual(['a', 'b']);
    expect([...new IntersectionSearchSpace(true).calculate(trials).keys()]).toEqual(['b']);
  });

  it('takes in trials that finish after later ones', () => {
    const space = new IntersectionSearchSpace();
    expect(space.calculate([]).size).toBe(0);
    const done = trial(0, { a: UNIT, b: UNIT, c: UNIT });
    space.calculate([done, trial(1, {}, 'RUNNING'), trial(2, { a: UNIT, b: UNIT })]);
    const later = [
      done,
      trial(1, { a: UNIT }),
      trial(2, { a: UNIT, b: UNIT }),
      trial(3, { a: UNIT, c: UNIT }),
    ];
    expect([...space.calculate(later).keys()]).toEqual(['a']);
  });
});

describe('GroupSearchSpace', () => {
  it('splits groups until every trial has all or nothing of each', () => {
    expect(groupNames([trial(0, { c: UNIT, a: UNIT, b: UNIT })])).toEqual(['abc']);
    expect(groupNames([trial(0, { a: UNIT, b: UNIT }), trial(1, { b: UNIT, c: UNIT })])).toEqual([
      'b',
      'a',
      'c',
    ]);
    const third = trial(2, { a: UNIT, b: UNIT, c: UNIT, d: UNIT }, 'PRUNED');
    expect(groupNames([trial(0, { a: UNIT, b: UNIT }), trial(1, { b: UNIT, c: UNIT }), third])).toEqual([
      'b',
      'a',
      'c',
      'd',
    ]);
  });

  it('keeps the range that was seen first, and counts finished trials only', () => {
    const spaces = new GroupSearchSpace();
    const trials = [
      trial(0, { a: UNIT }),
      trial(1, { a: WIDE }),
      trial(2, { b: UNIT }, 'FAIL'),
      trial(3, { c: UNIT }, 'PRUNED'),
    ];
    expect(spaces.calculate(trials)).toEqual([new Map([['a', UNIT]])]);
    expect(spaces.calculate(trials)).toEqual([new Map([['a', UNIT]])]);
  });
});
