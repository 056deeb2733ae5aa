import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHone, startHone, succeeded } from './hone-process.ts';
import { readTrials } from './read-trials.ts';
import { makeWorkplace, type Workplace } from './workplace.ts';

/** Slow enough to be in the middle of an epoch when the signal comes. */
const SLOW = { stepMs: 20, stepsPerEpoch: 10 };
/** The same curves without waiting. */
const FAST = { ...SLOW, stepMs: 0 };
/** Two presses of one key are told apart after this. */
const PRESS_AGAIN_MS = 400;

let place: Workplace;

beforeAll(async () => {
  place = await makeWorkplace();
});

afterAll(async () => {
  await place.remove();
});

function tuneArgs(study: string): string[] {
  const storage = place.file(`${study}.db`);
  const size = ['--trials', '3', '--epochs', '4', '--jobs', '1', '--seed', '5', '--pruner', 'none'];
  return ['tune', place.images, '--storage', storage, '--study', study, ...size];
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops at the next batch on %s', async (signal) => {
  const run = startHone(tuneArgs(signal), { env: place.scriptedEnv(SLOW) });
  await run.sees('Trial 1 started');
  run.child.kill(signal);
  const { exitCode, stderr, stdout } = await run.ended;
  expect(exitCode).toBe(130);
  expect(stderr).toMatch(/Stopping at the next batch; .* to stop at once\.\n/);
  expect(stderr).toMatch(/Trial 1 waits to be carried on: .*\n/);
  expect(stderr).toMatch(/Interrupted; the same command carries the study on\.\n$/);
  expect(stdout).toMatch(/Number of finished trials: {2}1\n/);
  expect(stdout).toMatch(/Number of waiting trials: {2}1\n/);
  expect(await readTrials(place.file(`${signal}.db`))).toMatchObject([
    { state: 'COMPLETE' },
    { state: 'WAITING' },
  ]);
});

it('carries on to what the uninterrupted study would be', async () => {
  const run = startHone(tuneArgs('stopped'), { env: place.scriptedEnv(SLOW) });
  await run.sees('Trial 1 started');
  run.child.kill('SIGINT');
  expect((await run.ended).exitCode).toBe(130);

  const again = succeeded(await runHone(tuneArgs('stopped'), { env: place.scriptedEnv(FAST) }));
  expect(again.stderr).toMatch(/carrying on, 1 of 3 trials finished before/);
  succeeded(await runHone(tuneArgs('uninterrupted'), { env: place.scriptedEnv(FAST) }));
  expect(await readTrials(place.file('stopped.db'))).toEqual(
    await readTrials(place.file('uninterrupted.db')),
  );
});

it('stops at once on the second Ctrl-C, also where a trainer hangs', async () => {
  const args = tuneArgs('twice');
  const hangs = { faults: [{ fault: 'hang', epoch: 0 }] } as const;
  const run = startHone(args, { env: place.scriptedEnv(hangs) });
  // The trainer is ready; what it is told after the trial's start, it never hears.
  await run.sees('Backend');
  run.child.kill('SIGINT');
  await run.sees('Stopping at the next batch');
  await setTimeout(PRESS_AGAIN_MS);
  run.child.kill('SIGINT');
  const { exitCode, stderr } = await run.ended;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('Stopping at once.\n');
  expect(await readTrials(place.file('twice.db'))).toMatchObject([{ state: 'WAITING' }]);
});

it('can be stopped while the images are read', async () => {
  const run = startHone(tuneArgs('early'), { env: place.scriptedEnv(SLOW) });
  // Sent as soon as somebody listens; whatever the run is doing then, it has to end.
  await setTimeout(PRESS_AGAIN_MS);
  run.child.kill('SIGINT');
  const { exitCode, signal } = await run.ended;
  expect([exitCode, signal]).toEqual(exitCode === null ? [null, 'SIGINT'] : [130, null]);
});
