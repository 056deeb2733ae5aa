import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import type { Pruner, PrunerContext } from './base.ts';
import { MedianPruner } from './median-pruner.ts';
import { nanPercentile } from './nan-percentile.ts';
import { NopPruner } from './nop-pruner.ts';
import { PercentilePruner } from './percentile-pruner.ts';
import { contextOf, describePruner, reportedTrial } from './pruner.contract.ts';
import { formatOrdinal, formatPair } from './reason.ts';

const INF = Number.POSITIVE_INFINITY;

describePruner('NopPruner', () => new NopPruner());
describePruner('MedianPruner', () => new MedianPruner());
describePruner(
  'MedianPruner with options',
  () => new MedianPruner({ nStartupTrials: 0, nWarmupSteps: 1, intervalSteps: 2 }),
);
describePruner('PercentilePruner', () => new PercentilePruner(25, { nMinTrials: 3 }));

/** Reports of 9 at the given steps. */
function steps(numbers: readonly number[]): Array<readonly [number, number]> {
  return numbers.map((step) => [step, 9] as const);
}

/** The verdicts on a running trial that reports `values` one after the other. */
function verdicts(
  pruner: Pruner,
  context: PrunerContext,
  steps: ReadonlyArray<readonly [number, number]>,
): boolean[] {
  return steps.map(
    (_, last) => pruner.prune(context, reportedTrial(99, new Map(steps.slice(0, last + 1)), 'RUNNING')).prune,
  );
}

function decide(pruner: Pruner, context: PrunerContext, values: readonly number[]) {
  return pruner.prune(context, reportedTrial(99, values, 'RUNNING'));
}

describe('percentile rule', () => {
  const five = contextOf('minimize', [[1], [2], [3], [4], [5]]);

  it('waits for n_startup COMPLETE trials; others do not count', () => {
    const four = { ...five, trials: five.trials.slice(0, 4) };
    const others = (['PRUNED', 'FAIL', 'RUNNING', 'WAITING'] as const).map((state, k) =>
      reportedTrial(4 + k, [1], state),
    );
    const decision = decide(new MedianPruner(), { ...four, trials: [...four.trials, ...others] }, [100]);
    expect(decision).toMatchObject({
      prune: false,
      threshold: null,
      reason: '5 trials must be complete first, 4 are',
    });
    expect(decide(new MedianPruner(), five, [100]).prune).toBe(true);
  });

  it('needs one COMPLETE trial even where n_startup is 0', () => {
    expect(decide(new MedianPruner({ nStartupTrials: 0 }), contextOf('minimize', []), [100]).prune).toBe(
      false,
    );
    expect(decide(new MedianPruner({ nStartupTrials: 0 }), contextOf('minimize', [[1]]), [100]).prune).toBe(
      true,
    );
  });

  it('ignores the history of trials that are not COMPLETE', () => {
    const pruned = Array.from({ length: 9 }, (_, k) => reportedTrial(5 + k, [1000], 'PRUNED'));
    expect(decide(new MedianPruner(), { ...five, trials: [...five.trials, ...pruned] }, [3.5])).toMatchObject(
      {
        prune: true,
        threshold: 3,
        nTrials: 5,
      },
    );
  });

  it('keeps a tie', () => {
    expect(decide(new MedianPruner(), five, [3])).toMatchObject({
      prune: false,
      rule: 'median',
      step: 0,
      value: 3,
      threshold: 3,
      nTrials: 5,
      reason: '3 is not above the median 3 of 5 trials',
    });
  });

  it('compares the best value over all steps with the history at this step', () => {
    const context = contextOf(
      'minimize',
      Array.from({ length: 5 }, () => [1, 2]),
    );
    expect(decide(new MedianPruner(), context, [1.5, 9])).toMatchObject({
      prune: false,
      value: 1.5,
      threshold: 2,
    });
  });

  it('says what it compared, in the words of the direction', () => {
    const context = contextOf('maximize', [
      [0.7],
      [0.72],
      [0.74],
      [0.76],
      [0.78],
      [0.7],
      [0.8],
      [0.9],
      [0.1],
    ]);
    expect(decide(new MedianPruner(), context, [0.61]).reason).toBe(
      '0.61 is below the median 0.74 of 9 trials',
    );
    expect(decide(new MedianPruner(), five, [3.00001]).reason).toBe(
      '3.00001 is above the median 3 of 5 trials',
    );
  });

  it('takes 100 - p where values are maximized', () => {
    const context = contextOf('maximize', [[1], [2], [3], [4], [5]]);
    expect(decide(new PercentilePruner(25), context, [3.5])).toMatchObject({
      prune: true,
      rule: '75th percentile',
      threshold: 4,
    });
    expect(decide(new PercentilePruner(25), five, [2.5])).toMatchObject({
      prune: true,
      rule: '25th percentile',
      threshold: 2,
    });
  });

  it('keeps where the step is missing in the history, or fewer than n_min_trials have it', () => {
    expect(decide(new MedianPruner(), five, [9, 9])).toMatchObject({
      prune: false,
      reason: '0 complete trials reported step 1, 1 must',
    });
    const context = contextOf('minimize', [[1, 1], [1, 1], [1], [1], [1]]);
    expect(decide(new MedianPruner({ nMinTrials: 3 }), context, [9, 9]).prune).toBe(false);
    expect(decide(new MedianPruner({ nMinTrials: 2 }), context, [9, 9]).prune).toBe(true);
  });

  it('prunes a trial that reported only NaN, and keeps one that has a number', () => {
    expect(decide(new MedianPruner(), five, [NaN])).toMatchObject({
      prune: true,
      reason: 'only NaN has been reported',
    });
    const context = contextOf(
      'minimize',
      Array.from({ length: 5 }, () => [3, 3]),
    );
    expect(decide(new MedianPruner(), context, [1, NaN]).prune).toBe(false);
  });

  it('keeps where the history has only NaN, and leaves single NaNs out', () => {
    expect(
      decide(
        new MedianPruner(),
        contextOf(
          'minimize',
          Array.from({ length: 5 }, () => [NaN]),
        ),
        [9],
      ).prune,
    ).toBe(false);
    const context = contextOf('minimize', [[NaN], [NaN], [1], [2], [3]]);
    expect(decide(new MedianPruner(), context, [2.5])).toMatchObject({
      prune: true,
      threshold: 2,
      nTrials: 3,
    });
  });

  it('prunes infinity against numbers, and keeps infinity against infinity', () => {
    expect(decide(new MedianPruner(), five, [INF])).toMatchObject({ prune: true, value: INF });
    expect(
      decide(
        new MedianPruner(),
        contextOf(
          'minimize',
          Array.from({ length: 5 }, () => [INF]),
        ),
        [INF],
      ).prune,
    ).toBe(false);
    const worst = contextOf('maximize', [[1], [2], [3], [4], [5]]);
    expect(decide(new MedianPruner(), worst, [-INF]).prune).toBe(true);
  });
});

describe('warm-up and interval', () => {
  const context = contextOf(
    'minimize',
    Array.from({ length: 5 }, () => Array.from({ length: 12 }, () => 1)),
  );
  it('checks first at step n_warmup', () => {
    expect(verdicts(new MedianPruner({ nWarmupSteps: 2 }), context, steps([0, 1, 2]))).toEqual([
      false,
      false,
      true,
    ]);
    expect(decide(new MedianPruner({ nWarmupSteps: 2 }), context, [9]).reason).toBe(
      'step 0 is before the first check at step 2',
    );
  });

  it('checks once an interval', () => {
    expect(
      verdicts(new MedianPruner({ intervalSteps: 3 }), context, steps([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
    ).toEqual([true, false, false, true, false, false, true, false, false, true]);
  });

  it('does a check that was not reported at the next report', () => {
    expect(
      verdicts(new MedianPruner({ nWarmupSteps: 1, intervalSteps: 3 }), context, steps([2, 5, 6, 8])),
    ).toEqual([true, true, false, true]);
  });
});

describe('options', () => {
  it.each([
    [() => new PercentilePruner(-1), 'percentile is -1, but it must lie between 0 and 100.'],
    [() => new PercentilePruner(NaN), 'percentile is NaN, but it must lie between 0 and 100.'],
    [
      () => new MedianPruner({ nStartupTrials: -1 }),
      'nStartupTrials is -1, but it must be a whole number from 0 on.',
    ],
    [
      () => new MedianPruner({ nWarmupSteps: 0.5 }),
      'nWarmupSteps is 0.5, but it must be a whole number from 0 on.',
    ],
    [
      () => new MedianPruner({ intervalSteps: 0 }),
      'intervalSteps is 0, but it must be a whole number from 1 on.',
    ],
    [() => new MedianPruner({ nMinTrials: 0 }), 'nMinTrials is 0, but it must be a whole number from 1 on.'],
  ])('refuses what is out of range (%#)', (make, message) => {
    expect(make).toThrow(new InvalidInputError(message.split(' ')[0] ?? '', message));
  });
});

describe('nanPercentile', () => {
  // The last column is what numpy 1.24 gives.
  it.each([
    [[1, 2, 3, 4], 50, 2.5],
    [[4, NaN, 1], 50, 2.5],
    [[1, 2, 3], 33.3, 1.666],
    [[7], 10, 7],
    [[1, 2, 3, INF], 25, 1.75],
    [[-INF, 1, 2], 50, 1],
    [[-INF, 1], 100, 1],
    [[1, 2, INF], 50, NaN],
    [[1, INF], 0, NaN],
    [[INF, INF], 50, NaN],
    [[1, 2, INF], 100, NaN],
    [[NaN], 50, NaN],
    [[], 50, NaN],
  ])('of %j at %d is %d', (values, percentile, expected) => {
    expect(nanPercentile(values, percentile)).toBe(expected);
  });
});

describe('numbers in reasons', () => {
  it('shows as many digits as tell the numbers apart', () => {
    expect(formatPair(0.61234567, 0.74)).toEqual(['0.6123', '0.74']);
    expect(formatPair(0.7400001, 0.74)).toEqual(['0.7400001', '0.74']);
    expect(formatPair(INF, 1)).toEqual(['Infinity', '1']);
    expect(formatPair(0.1 + 0.2, 0.3)).toEqual(['0.30000000000000004', '0.3']);
  });

  it('names ordinals', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 25, 62.5].map(formatOrdinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '25th',
      '62.5th',
    ]);
  });
});
