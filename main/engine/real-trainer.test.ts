import { expect, test } from 'vitest';
import { killChildTrainers, RunUnderTest } from './study-run.fixture.ts';

/** The trainer of the product, on pictures as small as it takes. */
const REAL = { trainerEntry: new URL('../trainer/entry.ts', import.meta.url) };
const STUDY = { nTrials: 2, epochs: 3, fixed: { image_size: '8x8', depth: 2, width: 4 } } as const;

test('the real trainer, killed and interrupted on the way, gives the study of an uninterrupted run', async () => {
  using whole = await RunUnderTest.make(STUDY);
  using broken = await RunUnderTest.make(STUDY);
  const wanted = await whole.run({}, REAL);
  expect(wanted.reason).toBeNull();
  expect(wanted).toMatchObject({ outcome: 'finished', backend: 'wasm' });
  expect(wanted.testMetrics?.imageCount).toBe(wanted.dataset.split.test);

  const killed = broken.start({}, REAL);
  await broken.nextEvent('trial-reported', ({ number, epoch }) => number === 0 && epoch === 1);
  expect(killChildTrainers()).toBe(1);
  await broken.nextEvent('trial-reported', ({ number, epoch }) => number === 1 && epoch === 0);
  killed.interrupt();
  expect((await killed.result).outcome).toBe('interrupted');
  expect((await broken.read()).trials.map(({ state }) => state)).toEqual(['COMPLETE', 'WAITING']);

  const carriedOn = await broken.run({}, REAL);
  expect(await broken.outcomes()).toEqual(await whole.outcomes());
  expect(carriedOn.testMetrics).toEqual(wanted.testMetrics);
});
