import { describe, expect, test } from 'vitest';
import { RunUnderTest, SHORT_LIMITS } from './study-run.fixture.ts';

describe('a trainer that', () => {
  test('dies in any epoch is replaced, and its trial carried on as if nothing had been', async () => {
    using whole = await RunUnderTest.make({ nTrials: 3 });
    using run = await RunUnderTest.make({ nTrials: 3 });
    await whole.run();
    const crash = { fault: 'crash', times: 1 } as const;
    run.script({
      faults: [
        { ...crash, trial: 0, epoch: 0 },
        { ...crash, trial: 1, epoch: 1, step: 2 },
        { ...crash, trial: 2, epoch: 2, step: 3 },
      ],
    });
    expect((await run.run()).outcome).toBe('finished');
    expect(run.eventsOf('trial-waiting')).toEqual(
      [0, 1, 2].map((number) => {
        return { type: 'trial-waiting', number, reason: 'The trainer process was killed by SIGKILL.' };
      }),
    );
    expect(await run.outcomes()).toEqual(await whole.outcomes());
  });

  test('dies again and again fails its trial, and three such trials in a row pause the study', async () => {
    using run = await RunUnderTest.make({ nTrials: 5 });
    run.script({ faults: [1, 2, 3].map((trial) => ({ fault: 'crash', trial, epoch: 1 })) });
    const result = await run.run();
    expect(result.outcome).toBe('paused');
    expect(result.reason).toMatch(
      /^3 trials in a row failed, the last one because its trainer was lost 3 times/,
    );
    const { trials, status } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'FAIL', 'FAIL', 'FAIL']);
    expect(trials[1]?.userAttrs['hone:reason']).toMatch(/lost 3 times .* was killed by SIGKILL\.$/);
    expect(status).toMatchObject({ status: 'paused', reason: result.reason });
    // Failed trials count towards the total, as in Optuna.
    run.script({});
    expect((await run.run()).outcome).toBe('finished');
    expect((await run.read()).trials).toHaveLength(5);
  });

  test('hangs is ended and replaced', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    run.script({ faults: [{ fault: 'hang', epoch: 1, times: 1 }] });
    expect((await run.run({}, { trainerLimits: SHORT_LIMITS })).outcome).toBe('finished');
    expect(run.eventsOf('trial-waiting')).toMatchObject([
      { reason: `The trainer process sent nothing for ${SHORT_LIMITS.silenceMs / 1000} s.` },
    ]);
  });

  test('cannot start pauses the study, and no trial is blamed', async () => {
    using run = await RunUnderTest.make();
    const trainerEntry = new URL('./no-such-trainer.ts', import.meta.url);
    const result = await run.run({}, { trainerEntry });
    expect(result.outcome).toBe('paused');
    expect(result.reason).toMatch(/^No trainer can be started: .*exit code 1/);
    expect((await run.read()).trials.map(({ state }) => state)).toEqual(['WAITING']);
  });

  test('sends a message that nobody knows is ended', async () => {
    using run = await RunUnderTest.make();
    // A process that is no trainer, but has a channel.
    const trainerEntry = new URL('./babbling-process.fixture.ts', import.meta.url);
    const result = await run.run({}, { trainerEntry });
    expect(result.reason).toMatch(/sent a message that the engine does not know \(.*babble/);
  });
});

describe('a trial that', () => {
  test('runs out of memory goes on with half the batch and the same parameters, once', async () => {
    using run = await RunUnderTest.make({
      nTrials: 2,
      fixed: { image_size: '8x8', batch_size: 64 },
      space: LR,
    });
    run.script({ faults: [{ fault: 'out-of-memory', trial: 0, epoch: 1, batchSizeAbove: 32 }] });
    expect((await run.run()).outcome).toBe('finished');
    expect(run.eventsOf('trial-waiting')).toMatchObject([
      { number: 0, reason: 'Memory ran out with a batch of 64 images; it goes on with 32.' },
    ]);
    const { trials } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE']);
    expect(trials.map(({ userAttrs }) => userAttrs['hone:batch_size'])).toEqual([32, undefined]);
  });

  test('runs out of memory with half the batch too fails', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    run.script({ faults: [{ fault: 'out-of-memory', trial: 0, epoch: 0 }] });
    expect((await run.run()).outcome).toBe('finished');
    const [failed] = run.eventsOf('trial-finished');
    expect(failed).toMatchObject({ number: 0, state: 'FAIL', failure: { code: 'out-of-memory' } });
    expect((await run.read()).trials[0]?.userAttrs['hone:reason']).toBe(failed?.failure?.message);
  });

  test('is no number fails with the epoch and the learning rate, and three of them do not pause the study', async () => {
    using run = await RunUnderTest.make({ nTrials: 4 });
    run.script({ faults: [0, 1, 2].map((trial) => ({ fault: 'not-a-number', trial, epoch: 1 })) });
    expect((await run.run()).outcome).toBe('finished');
    const { trials } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['FAIL', 'FAIL', 'FAIL', 'COMPLETE']);
    expect(trials[0]?.userAttrs['hone:reason']).toMatch(/epoch 2.*(learning rate|lr)/);
  });

  test('has an objective that divides by zero fails with the epoch and the learning rate', async () => {
    using run = await RunUnderTest.make({ nTrials: 1, objective: '(loss - loss) / (f1 - f1)' });
    expect((await run.run()).outcome).toBe('finished');
    const { trials } = await run.read();
    expect(trials[0]?.state).toBe('FAIL');
    expect([...(trials[0]?.intermediateValues ?? [])]).toEqual([[0, Number.NaN]]);
    expect(trials[0]?.userAttrs['hone:reason']).toMatch(
      /not a number at epoch 1; a learning rate of [\d.e-]+ is/,
    );
  });

  test('has a checkpoint that cannot be read starts over, once', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    run.script({ faults: [{ fault: 'checkpoint', trial: 0, epoch: 1 }] });
    expect((await run.run()).outcome).toBe('finished');
    const { trials } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['FAIL', 'COMPLETE']);
    expect(run.eventsOf('trial-waiting')[0]?.reason).toMatch(/It starts over\.$/);
  });

  test('finds its images changed pauses the study', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    run.script({ faults: [{ fault: 'dataset-changed', trial: 1, epoch: 0, times: 1 }] });
    const result = await run.run();
    expect(result.outcome).toBe('paused');
    expect((await run.read()).trials.map(({ state }) => state)).toEqual(['COMPLETE', 'WAITING']);
    expect((await run.run()).outcome).toBe('finished');
  });

  test('meets an error that nobody expects fails with it', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    run.script({ faults: [{ fault: 'throw', trial: 0, epoch: 0 }] });
    expect((await run.run()).outcome).toBe('finished');
    const { trials } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['FAIL', 'COMPLETE']);
    expect(trials[0]?.userAttrs['hone:reason']).toMatch(/scripted error in epoch 0$/);
  });
});

const LR = [{ name: 'lr', type: 'float', low: 1e-5, high: 1e-2, log: true }];
