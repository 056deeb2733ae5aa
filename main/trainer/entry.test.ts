import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodedCacheInfo } from '../../core/dataset/base.ts';
import { buildDecodedCache } from '../../core/dataset/decoded-cache.ts';
import { drawSample } from '../../core/dataset/sample/draw-sample.ts';
import { scanDataset } from '../../core/dataset/scan.ts';
import { splitDataset } from '../../core/dataset/split.ts';
import { trainingConfig } from '../../core/training/config.ts';
import type { TrainerEvent, TrialJob } from '../../core/training/protocol.ts';
import { TrainerUnderTest } from './trainer.fixture.ts';

type EpochEvent = Extract<TrainerEvent, { type: 'epoch' }>;

let folder: string;
let dataset: DecodedCacheInfo;
let jobs = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hone-trainer-'));
  const images = join(folder, 'sample');
  await drawSample(images, { seed: 1 });
  const scanned = await scanDataset(images);
  const split = splitDataset(scanned, [0.7, 0.15, 0.15], 1);
  dataset = await buildDecodedCache(scanned, split, { height: 20, width: 40 }, join(folder, 'cache'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A trial in a folder of its own: by default a network so small that an epoch takes a fraction of a second. */
function job(epochs: number, params: Record<string, number | string> = {}): TrialJob {
  const number = jobs++;
  const trialFolder = join(folder, `trial-${number}`);
  mkdirSync(trialFolder);
  const small = { width: 4, depth: 2, batch_size: 32, dropout: 0.2, flip: 'horizontal', ...params };
  return {
    trialId: 100 + number,
    number,
    config: trainingConfig(small, { image_size: '20x40' }, epochs),
    seed: 77,
    dataset,
    folder: trialFolder,
    reportedEpochs: 0,
    objective: 'accuracy',
    direction: 'maximize',
  };
}

async function start(env: Record<string, string> = {}): Promise<TrainerUnderTest> {
  const trainer = new TrainerUnderTest('entry.ts', env);
  await trainer.takeA('ready');
  return trainer;
}

/** What an epoch says but for the time that it took. */
function numbersOf(epochs: readonly EpochEvent[]) {
  return epochs.map(({ value, metrics: { trainMs: _t, validationMs: _v, ...metrics } }) => ({
    value,
    metrics,
  }));
}

async function uninterrupted(epochs: number) {
  await using trainer = await start();
  return numbersOf((await trainer.run(job(epochs))).epochs);
}

describe('the trainer', () => {
  test('passes 95 % on the sample with a good learning rate, stays poor with 1e-5, and scores the test part', async () => {
    await using trainer = new TrainerUnderTest('entry.ts');
    const ready = await trainer.takeA('ready');
    expect(ready).toMatchObject({ backend: 'wasm', pid: trainer.process.pid });
    expect(ready.description).toMatch(/^wasm, /);

    const good = job(6, { lr: 1e-2, width: 16, depth: 3, dropout: 0, flip: 'none' });
    const { epochs, end } = await trainer.run(good);
    const best = Math.max(...epochs.map((epoch) => epoch.value));
    expect(best).toBeGreaterThan(0.95);
    expect(end).toMatchObject({
      type: 'finished',
      bestEpoch: epochs.findIndex(({ value }) => value === best),
    });
    trainer.send({ type: 'evaluate', job: good });
    const { metrics } = await trainer.takeA('evaluated');
    expect(metrics.accuracy).toBeGreaterThan(0.9);

    const poor = await trainer.run(job(2, { lr: 1e-5, width: 16, depth: 3 }));
    expect(Math.max(...poor.epochs.map((epoch) => epoch.value))).toBeLessThan(0.5);
    expect(peakMegabytes(trainer.process.pid)).toBeLessThan(700);
  });

  test('gives the same numbers in every process, and whatever it did before', async () => {
    const first = await uninterrupted(2);
    await using trainer = await start();
    await trainer.run(job(1, { model: 'mobilenet_v3_small' }));
    const { epochs } = await trainer.run(job(2));
    expect(numbersOf(epochs)).toEqual(first);
  });

  test('carries on to the same numbers after it was killed, in the middle of an epoch and at its end', async () => {
    const expected = await uninterrupted(4);
    const trial = job(4);
    const reported: EpochEvent[] = [];
    // Killed at the first sign of epoch 0; when epoch 1 was reported but not answered; while epoch 2 trains.
    const moments = [
      { event: 'progress', epoch: 0 },
      { event: 'epoch', epoch: 1 },
      { event: 'progress', epoch: 2 },
    ];
    for (const moment of moments) {
      await using trainer = await start();
      trainer.send({ type: 'start', job: { ...trial, reportedEpochs: reported.length } });
      for (;;) {
        const event = await trainer.takeAny();
        if (event.type === 'epoch') reported.push(event);
        if ('epoch' in event && event.type === moment.event && event.epoch === moment.epoch) break;
        if (event.type === 'epoch') trainer.send({ type: 'continue', trialId: trial.trialId });
      }
      trainer.process.kill('SIGKILL');
      expect(await trainer.exited).toEqual({ code: null, signal: 'SIGKILL' });
    }
    await using trainer = await start();
    const { epochs, end } = await trainer.run({ ...trial, reportedEpochs: reported.length });
    expect(end.type).toBe('finished');
    expect(numbersOf([...reported, ...epochs])).toEqual(expected);
  });

  test('stops at the next batch when it is interrupted, and carries on', async () => {
    const expected = await uninterrupted(2);
    await using trainer = await start();
    const trial = job(2);
    trainer.send({ type: 'start', job: trial });
    const progress = await trainer.takeAny();
    expect(progress).toMatchObject({ type: 'progress', trialId: trial.trialId, epoch: 0, step: 1 });
    trainer.send({ type: 'interrupt', trialId: trial.trialId });
    await trainer.takeA('interrupted');
    const { epochs } = await trainer.run(trial);
    expect(numbersOf(epochs)).toEqual(expected);
  });

  test('says so where the decoded images are gone, and lives on', async () => {
    await using trainer = await start();
    const gone = { ...dataset, file: join(folder, 'gone.bin') };
    const { end } = await trainer.run({ ...job(1), dataset: gone });
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'dataset-changed' } });
    expect((await trainer.run(job(1))).epochs).toHaveLength(1);
  });

  test('runs on the backend that it is told to', async () => {
    await using trainer = new TrainerUnderTest('entry.ts', { HONE_TRAINER_BACKEND: 'cpu' });
    expect((await trainer.takeA('ready')).backend).toBe('cpu');
  });

  test('ends at once where there is no such backend', async () => {
    await using trainer = new TrainerUnderTest('entry.ts', { HONE_TRAINER_BACKEND: 'abacus' });
    expect((await trainer.exited).code).toBe(1);
    await expect(trainer.take()).rejects.toThrow('ended');
    expect(trainer.output).toContain('The backend is abacus, but must be one of wasm, cpu.');
  });
});

/** The most memory that a process ever held; 0 where the system does not tell. */
function peakMegabytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) / 1024;
}
