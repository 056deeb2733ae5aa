import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { TrainerLostError, TrainerProcess } from './trainer-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'hone-trainer-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that runs `source`, with `say` for messages of a trainer. */
function processOf(source: string): TrainerProcess {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(file, `const say = (message) => process.send(message);\n${source}`);
  return new TrainerProcess(pathToFileURL(file));
}

async function lossOf(trainer: TrainerProcess, silenceLimitMs = 20_000): Promise<TrainerLostError> {
  for (;;) {
    try {
      await trainer.next(silenceLimitMs);
    } catch (error) {
      if (error instanceof TrainerLostError) return error;
      throw error;
    }
  }
}

describe('a trainer process', () => {
  test('gives its events in order, and values that JSON has no word for', async () => {
    const trainer = processOf(`
      say({ type: 'ready', backend: 'cpu', description: '', pid: process.pid });
      for (const value of [NaN, Infinity, 0.5]) say({ type: 'epoch', trialId: 1, epoch: 0, value, metrics: {} });
    `);
    const values: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const event = await trainer.next(20_000);
      values.push(event.type === 'epoch' ? event.value : event.type);
    }
    expect(values).toEqual(['ready', Number.NaN, Number.POSITIVE_INFINITY, 0.5]);
    await trainer.kill();
    expect(trainer.usable).toBe(false);
  });

  test.each<[string, string, Partial<TrainerLostError>]>([
    ['ends', 'process.exit(3);', { kind: 'exited', message: 'the trainer process ended with exit code 3' }],
    [
      'throws',
      "throw new RangeError('too far');",
      { kind: 'exited', message: 'the trainer process ended with exit code 1 (RangeError: too far)' },
    ],
    [
      'runs out of memory',
      "console.error('FATAL ERROR: JavaScript heap out of memory'); process.kill(process.pid, 'SIGABRT'); setInterval(() => {}, 1000);",
      { kind: 'exited', message: 'the trainer process was killed by SIGABRT', outOfMemory: true },
    ],
    ['speaks another language', "say('hello');", { kind: 'protocol', outOfMemory: false }],
    ['sends an event of no trial', "say({ type: 'finished' });", { kind: 'protocol' }],
  ])('that %s is lost, and says why', async (_, source, expected) => {
    const { kind, message, outOfMemory } = await lossOf(processOf(source));
    expect({ kind, message, outOfMemory }).toMatchObject(expected);
  });

  test('that is silent for too long is ended', async () => {
    const loss = await lossOf(processOf('setInterval(() => {}, 1000);'), 1000);
    expect(loss).toMatchObject({ kind: 'hung', message: 'the trainer process sent nothing for 1 s' });
  });

  test('leads a process group of its own, which Ctrl-C in the terminal does not reach', async () => {
    const trainer = processOf(
      "say({ type: 'ready', backend: 'cpu', description: '', pid: process.pid }); process.on('message', () => {});",
    );
    await trainer.next(20_000);
    expect(() => process.kill(-(trainer.pid ?? 0), 'SIGKILL')).not.toThrow();
    expect((await lossOf(trainer)).message).toBe('the trainer process was killed by SIGKILL');
  });
});
