import { describe, expect, test } from 'vitest';
import { RunUnderTest } from './study-run.fixture.ts';
import { DEFAULT_TRAINER_LIMITS } from './trainer-pool.ts';

/** Each trial's first trainer hangs after its first batch, of which it tells. */
const HANGING = { faults: [{ fault: 'hang', epoch: 0, step: 1, times: 1 }] } as const;

describe('a run that is interrupted', () => {
  test('stops at the next batch, puts its trials back with a checkpoint, and is carried on as if nothing had been', async () => {
    using whole = await RunUnderTest.make({ nTrials: 3 });
    using run = await RunUnderTest.make({ nTrials: 3 });
    await whole.run();
    run.script({ stepMs: 30 });
    const first = run.start();
    await run.nextEvent('trial-reported', ({ number, epoch }) => number === 1 && epoch === 0);
    first.interrupt();
    expect(await first.result).toMatchObject({ outcome: 'interrupted', reason: null, testMetrics: null });
    expect(run.eventsOf('trial-waiting')).toEqual([
      { type: 'trial-waiting', number: 1, reason: 'interrupted' },
    ]);
    const { trials, status } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'WAITING']);
    expect(Object.keys(trials[1]?.params ?? {})).toEqual(['batch_size', 'optimizer', 'lr']);
    expect(status).toMatchObject({ status: 'paused', reason: null });

    run.script({});
    expect((await run.run()).outcome).toBe('finished');
    const resumed = run.eventsOf('trial-started')[0];
    expect(resumed).toMatchObject({ number: 1, doneEpochs: trials[1]?.intermediateValues.size });
    expect(await run.outcomes()).toEqual(await whole.outcomes());
  });

  test('interrupts every trial that runs at the same time', async () => {
    using run = await RunUnderTest.make({ nTrials: 8, jobs: 3 });
    run.script({ stepMs: 30 });
    const first = run.start();
    await run.nextEvent('trial-reported', ({ epoch }) => epoch === 1);
    first.interrupt();
    expect((await first.result).outcome).toBe('interrupted');
    const { trials } = await run.read();
    expect(trials.filter(({ state }) => state === 'WAITING')).toHaveLength(3);
    run.script({});
    await run.run();
    expect((await run.read()).trials.map(({ state }) => state)).not.toContain('WAITING');
    expect((await run.read()).trials).toHaveLength(8);
  });

  test('while its images are prepared leaves no database', async () => {
    using run = await RunUnderTest.make();
    const started = run.start();
    started.interrupt();
    expect((await started.result).outcome).toBe('interrupted');
    expect(run.eventsOf('trial-started')).toEqual([]);
    expect((await run.run()).outcome).toBe('finished');
  });

  test('ends trainers at once when it is interrupted twice, although they hang', async () => {
    using run = await RunUnderTest.make({ nTrials: 2, jobs: 2 });
    run.script(HANGING);
    const first = run.start();
    await Promise.all(
      [0, 1].map(async (number) => run.nextEvent('trial-progress', (e) => e.number === number)),
    );
    first.interrupt();
    first.interruptNow();
    expect((await first.result).outcome).toBe('interrupted');
    expect((await run.read()).trials.map(({ state }) => state)).toEqual(['WAITING', 'WAITING']);
    run.script({});
    expect((await run.run()).outcome).toBe('finished');
  });

  test('ends a trainer that does not answer', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    run.script(HANGING);
    const first = run.start({}, { trainerLimits: { ...DEFAULT_TRAINER_LIMITS, interruptMs: 300 } });
    await run.nextEvent('trial-progress');
    first.interrupt();
    expect((await first.result).outcome).toBe('interrupted');
    expect((await run.read()).trials.map(({ state }) => state)).toEqual(['WAITING']);
  });
});

test('a run stops when its time is up, and keeps what it has', async () => {
  using run = await RunUnderTest.make({ nTrials: 100, epochs: 50 });
  run.script({ stepMs: 5 });
  expect(await run.run({ timeoutS: 3 })).toMatchObject({ outcome: 'timeout', reason: null });
  expect(run.eventsOf('trial-waiting')).toMatchObject([{ reason: 'the time is up' }]);
  const { trials, status } = await run.read();
  expect(trials.at(-1)?.state).toBe('WAITING');
  expect(status?.status).toBe('paused');
});
