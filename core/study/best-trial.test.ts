import { describe, expect, it } from 'vitest';
import { HoneError, NotFoundError } from '../base/errors.ts';
import { createStudy } from '../create-study.ts';
import { createTrial, type TrialParts } from './create-trial.ts';
import type { StudyDirection } from './frozen-trial.ts';

const INF = Number.POSITIVE_INFINITY;

/** A study that holds the given trials. */
async function studyOf(directions: StudyDirection[], trials: readonly TrialParts[]) {
  const study = await createStudy({ directions });
  await study.addTrials(trials.map(createTrial));
  return study;
}

function constrained(values: number, ...constraints: number[]): TrialParts {
  return { values, systemAttrs: { constraints } };
}

describe('best trial', () => {
  it('is the first of the best COMPLETE trials', async () => {
    const trials: TrialParts[] = [{ values: 2 }, { values: 1 }, { values: 1 }, { values: 3 }, { values: 3 }];
    expect(await (await studyOf(['minimize'], trials)).bestTrial()).toMatchObject({ number: 1 });
    expect(await (await studyOf(['maximize'], trials)).bestTrial()).toMatchObject({ number: 3 });
  });

  it('is never a PRUNED trial', async () => {
    const study = await studyOf(
      ['minimize'],
      [{ values: 2 }, { state: 'PRUNED', values: 1 }, { state: 'FAIL' }],
    );
    expect(await study.bestTrial()).toMatchObject({ number: 0 });
    expect(await study.bestValue()).toBe(2);
    expect(await study.bestParams()).toEqual({});
  });

  it('may be infinite', async () => {
    const trials: TrialParts[] = [{ values: INF }, { values: 0 }, { values: -INF }];
    expect(await (await studyOf(['minimize'], trials)).bestTrial()).toMatchObject({ number: 2 });
    expect(await (await studyOf(['maximize'], trials)).bestTrial()).toMatchObject({ number: 0 });
  });

  it('does not exist without a COMPLETE trial, nor for several objectives', async () => {
    const study = await studyOf(['minimize'], [{ state: 'PRUNED', values: 1 }]);
    await expect(study.bestTrial()).rejects.toThrow(new NotFoundError('No trials are completed yet.'));
    const several = await studyOf(['minimize', 'minimize'], [{ values: [1, 1] }]);
    await expect(several.bestTrial()).rejects.toThrow(HoneError);
  });

  it('is the best feasible one where the best violates a constraint', async () => {
    const trials = [constrained(1, 0.1), constrained(2, -1, 0), constrained(2, 0), constrained(3, -1)];
    expect(await (await studyOf(['minimize'], trials)).bestTrial()).toMatchObject({ number: 1 });
    expect(await (await studyOf(['maximize'], trials)).bestTrial()).toMatchObject({ number: 3 });
  });

  it('counts trials without constraints as infeasible, but only where the best violates one', async () => {
    const violated = await studyOf(['minimize'], [constrained(1, 1), { values: 2 }, constrained(3, -1)]);
    expect(await violated.bestTrial()).toMatchObject({ number: 2 });
    const unknown = await studyOf(['minimize'], [{ values: 1 }, constrained(3, -1)]);
    expect(await unknown.bestTrial()).toMatchObject({ number: 0 });
  });

  it('does not exist where no trial is feasible', async () => {
    const study = await studyOf(['minimize'], [constrained(1, 1), { values: 2 }]);
    await expect(study.bestTrial()).rejects.toThrow(
      new NotFoundError('No feasible trials are completed yet.'),
    );
  });
});

describe('best trials', () => {
  it('are those that no other dominates, equal ones included', async () => {
    const study = await studyOf(
      ['minimize', 'maximize'],
      [
        { values: [1, 1] },
        { values: [2, 2] },
        { values: [2, 1] },
        { values: [1, 1] },
        { values: [INF, INF] },
        { state: 'PRUNED', values: [0, 9] },
        { values: [-INF, 0] },
      ],
    );
    expect((await study.bestTrials()).map((trial) => trial.number)).toEqual([0, 1, 3, 4, 6]);
  });

  it('are all the best ones of a single objective', async () => {
    const study = await studyOf(['minimize'], [{ values: 2 }, { values: 1 }, { values: 1 }]);
    expect((await study.bestTrials()).map((trial) => trial.number)).toEqual([1, 2]);
  });

  it('must be feasible as soon as any trial has constraints', async () => {
    const study = await studyOf(
      ['minimize', 'minimize'],
      [
        { values: [0, 0] },
        { values: [1, 1], systemAttrs: { constraints: [0] } },
        { values: [0, 2], systemAttrs: { constraints: [1] } },
      ],
    );
    expect((await study.bestTrials()).map((trial) => trial.number)).toEqual([1]);
  });

  it('agree with comparing every pair', async () => {
    let seed = 1;
    const next = () => (seed = (seed * 16807) % 2147483647) % 6;
    const values = Array.from({ length: 60 }, () => [next(), next(), next()]);
    const study = await studyOf(
      ['minimize', 'maximize', 'minimize'],
      values.map((row) => ({ values: row })),
    );
    const dominated = values.map(([a = 0, b = 0, c = 0]) =>
      values.some(([x = 0, y = 0, z = 0]) => x <= a && y >= b && z <= c && (x < a || y > b || z < c)),
    );
    const expected = values.flatMap((_, number) => (dominated[number] ? [] : [number]));
    expect((await study.bestTrials()).map((trial) => trial.number)).toEqual(expected);
  });
});
