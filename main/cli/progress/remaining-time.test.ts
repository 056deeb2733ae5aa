import { describe, expect, it } from 'vitest';
import { estimateRemainingTime, formatRemainingTime, type RemainingTimeInput } from './remaining-time.ts';

const MINUTE_MS = 60_000;
const UNPRUNED: RemainingTimeInput = {
  completeMs: [MINUTE_MS, MINUTE_MS, MINUTE_MS],
  prunedMs: [],
  runningMs: [],
  notStarted: 7,
  jobs: 1,
  pruningStartsAfter: null,
};

function estimate(changes: Partial<RemainingTimeInput>) {
  const remaining = estimateRemainingTime({ ...UNPRUNED, ...changes });
  if (remaining === null) throw new Error('no estimate');
  return { low: remaining.lowMs / MINUTE_MS, high: remaining.highMs / MINUTE_MS };
}

describe('estimateRemainingTime', () => {
  it('says nothing before three trials have finished', () => {
    expect(estimateRemainingTime({ ...UNPRUNED, completeMs: [MINUTE_MS], prunedMs: [MINUTE_MS] })).toBeNull();
    expect(estimateRemainingTime({ ...UNPRUNED, completeMs: [1, 1], prunedMs: [1] })).not.toBeNull();
  });

  it('is exact where every trial takes the same', () => {
    expect(estimate({})).toEqual({ low: 7, high: 7 });
    expect(estimate({ notStarted: 0 })).toEqual({ low: 0, high: 0 });
  });

  it('counts what running trials still need', () => {
    expect(estimate({ notStarted: 6, runningMs: [MINUTE_MS / 4] }).low).toBeCloseTo(6.75);
    // One that has outlasted all others needs a quarter of its time more.
    expect(estimate({ notStarted: 0, runningMs: [4 * MINUTE_MS] }).high).toBeCloseTo(1);
  });

  it('divides the work among the jobs', () => {
    const { low, high } = estimate({ jobs: 2 });
    expect(low).toBeCloseTo(3.5);
    expect(high).toBeCloseTo(3.75);
  });

  it('expects pruning before any trial could be pruned', () => {
    const { low, high } = estimate({ pruningStartsAfter: 5 });
    expect(low).toBeLessThan(4);
    expect(high).toBeGreaterThan(5);
    expect(high).toBeLessThanOrEqual(7);
  });

  it('goes by the share that was pruned', () => {
    const often = estimate({
      prunedMs: Array.from({ length: 12 }, () => MINUTE_MS / 4),
      pruningStartsAfter: 3,
    });
    expect(often.high).toBeLessThan(3.5);
    expect(often.low).toBeGreaterThan(7 / 4 - 0.01);
    const never = estimate({
      completeMs: Array.from({ length: 40 }, () => MINUTE_MS),
      pruningStartsAfter: 5,
    });
    expect(never.low).toBeGreaterThan(6);
  });

  it('holds in about four of five studies of uneven trials', () => {
    // A small generator of its own, so that the test is the same on every run.
    let state = 7;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let hits = 0;
    for (let study = 0; study < 400; study++) {
      const durations = Array.from({ length: 40 }, () => MINUTE_MS * (0.5 + random()));
      const remaining = estimateRemainingTime({
        ...UNPRUNED,
        completeMs: durations.slice(0, 10),
        notStarted: 30,
      });
      const actualMs = durations.slice(10).reduce((sum, ms) => sum + ms, 0);
      if (remaining !== null && actualMs >= remaining.lowMs && actualMs <= remaining.highMs) hits++;
    }
    expect(hits / 400).toBeGreaterThan(0.7);
    expect(hits / 400).toBeLessThan(0.9);
  });
});

describe('formatRemainingTime', () => {
  it.each([
    [0, 4, 'under 10 s left'],
    [21, 43, '20 to 45 s left'],
    [61, 89, '60 to 90 s left'],
    [150, 290, '2 to 5 min left'],
    [240, 240, 'about 4 min left'],
    [20, 290, 'up to 5 min left'],
    [5400, 7300, '1.5 to 2.5 h left'],
    [90_000, 200_000, '1 to 2.5 d left'],
  ])('writes %d to %d s as %s', (lowS, highS, text) => {
    expect(formatRemainingTime({ lowMs: lowS * 1000, highMs: highS * 1000 })).toBe(text);
  });
});
