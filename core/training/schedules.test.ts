import { describe, expect, test } from 'vitest';
import type { ScheduleName } from './config.ts';
import { worstDifference } from './recorded/formula.ts';
import recorded from './recorded/schedules.recorded.json' with { type: 'json' };
import { createSchedule, learningRate } from './schedules.ts';

describe('learningRate', () => {
  test.each(
    recorded.map((entry) => [`${entry.schedule} ${entry.epochs}x${entry.stepsPerEpoch}`, entry] as const),
  )('%s as PyTorch', (_, entry) => {
    const config = { ...entry, schedule: entry.schedule as ScheduleName };
    const schedule = createSchedule(config, entry.stepsPerEpoch);
    const rates = entry.rates.map((__, step) => learningRate(schedule, step));
    expect(worstDifference(rates, entry.rates)).toBeLessThan(1e-9);
  });

  test('constant stays at the peak', () => {
    const schedule = createSchedule({ schedule: 'constant', lr: 0.1, epochs: 3, warmupEpochs: 1 }, 4);
    expect([0, 5, 11].map((step) => learningRate(schedule, step))).toEqual([0.1, 0.1, 0.1]);
  });

  test('warm-up longer than the trial never leaves the ramp', () => {
    const schedule = createSchedule({ schedule: 'warmup_cosine', lr: 1, epochs: 2, warmupEpochs: 9 }, 2);
    expect([0, 1, 2, 3].map((step) => learningRate(schedule, step))).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test('without warm-up it is the cosine alone', () => {
    const options = { lr: 1, epochs: 2, warmupEpochs: 0 };
    const warmed = createSchedule({ ...options, schedule: 'warmup_cosine' }, 3);
    const cosine = createSchedule({ ...options, schedule: 'cosine' }, 3);
    for (const step of [0, 1, 5]) expect(learningRate(warmed, step)).toBe(learningRate(cosine, step));
  });
});
