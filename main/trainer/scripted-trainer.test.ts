import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { trainingConfig } from '../../core/training/config.ts';
import type { TrialJob } from '../../core/training/protocol.ts';
import type { TrainerScript } from './scripted-trainer.ts';
import { TrainerUnderTest } from './trainer.fixture.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function job(changes: Partial<TrialJob> = {}, params: Record<string, number | string> = {}): TrialJob {
  const folder = mkdtempSync(join(tmpdir(), 'hone-trial-'));
  folders.push(folder);
  return {
    trialId: 7,
    number: 3,
    config: trainingConfig({ lr: 3e-3, ...params }, {}, 4),
    seed: 42,
    dataset: { file: '', imageCount: 0, height: 0, width: 0, indexFile: '' },
    folder,
    reportedEpochs: 0,
    objective: 'precision + recall',
    direction: 'maximize',
    ...changes,
  };
}

function scripted(script: TrainerScript = {}): TrainerUnderTest {
  return new TrainerUnderTest('scripted-trainer.ts', { HONE_SCRIPTED_TRAINER: JSON.stringify(script) });
}

async function values(trainer: TrainerUnderTest, of: TrialJob): Promise<number[]> {
  const { epochs, end } = await trainer.run(of);
  expect(end.type).toBe('finished');
  return epochs.map((epoch) => epoch.value);
}

describe('the scripted trainer', () => {
  test('reports every epoch of several trials, better ones with a better learning rate', async () => {
    await using trainer = scripted();
    expect(await trainer.takeA('ready')).toMatchObject({ backend: 'cpu', pid: trainer.process.pid });
    const good = await values(trainer, job());
    const poor = await values(trainer, job({}, { lr: 1e-5 }));
    const again = await values(trainer, job());
    expect(good).toHaveLength(4);
    expect(good.at(-1)).toBeGreaterThan((poor.at(-1) ?? 2) + 0.2);
    expect(again).toEqual(good);
  });

  test('stops where it is told to prune', async () => {
    await using trainer = scripted();
    await trainer.takeA('ready');
    const { epochs, end } = await trainer.run(job(), ({ epoch }) => (epoch === 1 ? 'prune' : 'continue'));
    expect([epochs.length, end.type]).toEqual([2, 'finished']);
  });

  test('carries on after an interruption as if nothing had been', async () => {
    await using trainer = scripted();
    await trainer.takeA('ready');
    const trial = job();
    const before = await trainer.run(trial, ({ epoch }) => (epoch === 1 ? 'interrupt' : 'continue'));
    expect(before.end.type).toBe('interrupted');
    const after = await values(trainer, { ...trial, reportedEpochs: 2 });
    expect([...before.epochs.map((epoch) => epoch.value), ...after]).toEqual(await values(trainer, job()));
  });

  test('carries on in another process after a crash as if nothing had been', async () => {
    const script: TrainerScript = { faults: [{ fault: 'crash', trial: 3, epoch: 2, step: 1, times: 1 }] };
    const trial = job();
    const reported: number[] = [];
    {
      await using trainer = scripted(script);
      await trainer.takeA('ready');
      trainer.send({ type: 'start', job: trial });
      for (let epoch = 0; epoch < 2; epoch++) {
        reported.push((await trainer.takeA('epoch')).value);
        trainer.send({ type: 'continue', trialId: trial.trialId });
      }
      expect(await trainer.exited).toEqual({ code: null, signal: 'SIGKILL' });
    }
    await using trainer = scripted(script);
    await trainer.takeA('ready');
    reported.push(...(await values(trainer, { ...trial, reportedEpochs: 2 })));
    expect(reported).toEqual(await values(trainer, job({ number: 4 })));
  });

  test('reports again what the checkpoint holds and the engine does not', async () => {
    await using trainer = scripted();
    await trainer.takeA('ready');
    const trial = job();
    const first = await values(trainer, trial);
    expect(await values(trainer, { ...trial, reportedEpochs: 2 })).toEqual(first.slice(2));
  });

  test.each(['out-of-memory', 'not-a-number', 'disk-full'] as const)(
    'fails with %s on command',
    async (fault) => {
      await using trainer = scripted({ faults: [{ fault, epoch: 1, batchSizeAbove: 16 }] });
      await trainer.takeA('ready');
      const { epochs, end } = await trainer.run(job());
      expect([epochs.length, end]).toMatchObject([
        1,
        { type: 'failed', trialId: 7, failure: { code: fault } },
      ]);
      // The process lives on, and a smaller batch does not meet the fault.
      expect(await values(trainer, job({}, { batch_size: 16 }))).toHaveLength(4);
    },
  );

  test('reports an unexpected error as internal, and ends', async () => {
    await using trainer = scripted({ faults: [{ fault: 'throw', epoch: 0 }] });
    await trainer.takeA('ready');
    const { end } = await trainer.run(job());
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'internal' } });
    expect((await trainer.exited).code).toBe(70);
  });

  test('hangs on command, deaf to requests, until it is killed', async () => {
    await using trainer = scripted({ faults: [{ fault: 'hang', epoch: 0, step: 1 }] });
    await trainer.takeA('ready');
    trainer.send({ type: 'start', job: job() });
    trainer.send({ type: 'exit' });
    trainer.process.kill('SIGTERM');
    expect(await trainer.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('ends with its parent, and when it is told to', async () => {
    await using orphan = scripted({ stepMs: 5 });
    await orphan.takeA('ready');
    orphan.send({ type: 'start', job: job() });
    orphan.process.disconnect();
    expect(await orphan.exited).toEqual({ code: 0, signal: null });

    await using told = scripted();
    await told.takeA('ready');
    told.send({ type: 'exit' });
    expect(await told.exited).toEqual({ code: 0, signal: null });
  });

  test('refuses a second trial while it is busy', async () => {
    await using trainer = scripted({ stepMs: 20 });
    await trainer.takeA('ready');
    trainer.send({ type: 'start', job: job() });
    trainer.send({ type: 'start', job: job({ trialId: 8, number: 4 }) });
    expect(await trainer.takeA('failed')).toMatchObject({ trialId: 8, failure: { code: 'internal' } });
    trainer.send({ type: 'interrupt', trialId: 7 });
    expect((await trainer.takeA('interrupted')).trialId).toBe(7);
  });

  test('scores the test part', async () => {
    await using trainer = scripted();
    await trainer.takeA('ready');
    const trial = job();
    await values(trainer, trial);
    trainer.send({ type: 'evaluate', job: trial });
    const { metrics } = await trainer.takeA('evaluated');
    expect(metrics.accuracy).toBeGreaterThan(0.8);
    trainer.send({ type: 'evaluate', job: job() });
    expect(await trainer.takeA('failed')).toMatchObject({ failure: { code: 'checkpoint' } });
  });
});
