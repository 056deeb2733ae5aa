import { expect, it } from 'vitest';
import { countTrials, statisticsBlock } from './statistics.ts';

const BEST = { number: 42, value: 1.97313, params: { batch_size: 32, optimizer: 'AdamW', lr: 0.0018234 } };

it('is the block of the original article', () => {
  const statistics = { finished: 100, complete: 31, pruned: 69, fail: 0, waiting: 0 };
  expect(statisticsBlock(statistics, BEST)).toBe(`Study statistics:
  Number of finished trials:  100
  Number of complete trials:  31
  Number of pruned trials:  69
Best trial: 42
  Value: 1.9731
  Params:
    batch_size: 32
    lr: 0.00182
    optimizer: AdamW`);
});

it('names failed and waiting trials, and says where no trial has completed', () => {
  const states = ['PRUNED', 'FAIL', 'FAIL', 'WAITING', 'RUNNING'] as const;
  expect(statisticsBlock(countTrials(states.map((state) => ({ state }))), null)).toBe(`Study statistics:
  Number of finished trials:  3
  Number of complete trials:  0
  Number of pruned trials:  1
  Number of failed trials:  2
  Number of waiting trials:  1
Best trial: none, no trial has completed yet`);
});
