import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPython } from '../fixtures/describe-with-python.ts';
import { runHone } from './hone-process.ts';

const WRITE_STUDIES = fileURLToPath(new URL('./write_studies.py', import.meta.url));

describeWithPython('readers of a file that Python wrote', ['optuna'], (python) => {
  let folder: string;
  let file: string;
  let written: Buffer;
  let best: { readonly number: number; readonly value: string };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hone-readers-'));
    file = path.join(folder, 'python.db');
    const [number, value] = execFileSync(python, [WRITE_STUDIES, file], { encoding: 'utf8' }).split(' ');
    best = { number: Number(number), value: value ?? '' };
    written = readFileSync(file);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function read(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runHone([...args, '--storage', file]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    return stdout;
  }

  it('lists its studies', async () => {
    expect(await read('studies')).toMatch(
      new RegExp(
        [
          '^Study           Finished  Complete  Pruned  Failed  Waiting  Running  Direction           Best value  Trial',
          `from python            8         6       1       1        0        1  minimize +\\d\\.\\d{4} +${best.number}`,
          'two objectives         3         3       0       0        0        0  minimize, maximize',
          'empty                  0         0       0       0        0        0  maximize\n$',
        ].join('\n'),
      ),
    );
    expect(JSON.parse(await read('studies', '--json'))).toMatchObject([
      {
        study: 'from python',
        directions: ['minimize'],
        statistics: { finished: 8, complete: 6, pruned: 1, fail: 1, waiting: 0, running: 1 },
        best: { number: best.number, value: Number(best.value) },
      },
      { study: 'two objectives', best: null },
      { study: 'empty', statistics: { finished: 0 }, started: null },
    ]);
  });

  it('lists its trials', async () => {
    const lines = (await read('trials', '--study', 'from python')).split('\n');
    expect(lines[0]).toMatch(/^Trial {2}State +Value {2}Last step +Time +layers +lr {2}optimizer$/);
    expect(lines[4]).toMatch(/^ {4}3 {2}PRUNED +\d\.\d{4} +2 +0\.\d s +\d +[\d.e-]+ {2}\w+$/);
    expect(lines).toHaveLength(11);
    const trials: unknown = JSON.parse(await read('trials', '--study', 'from python', '--json'));
    expect(trials).toHaveLength(9);
    expect(trials).toMatchObject({
      0: { number: 0, state: 'COMPLETE', intermediateValues: { 3: expect.any(Number) } },
      5: { number: 5, state: 'FAIL', values: null },
      8: { number: 8, state: 'RUNNING', completed: null },
    });
  });

  it('finds its best trial, or the best ones', async () => {
    expect(await read('best', '--study', 'from python')).toMatch(
      new RegExp(
        `^Best trial: ${best.number}\n  Value: [\\d.]+\n  Params:\n    layers: \\d\n    lr: [\\d.e-]+\n    optimizer: \\w+\n$`,
      ),
    );
    expect(JSON.parse(await read('best', '--study', 'from python', '--json'))).toMatchObject({
      study: 'from python',
      best: { number: best.number, value: Number(best.value) },
    });
    expect(JSON.parse(await read('best', '--study', 'two objectives', '--json'))).toEqual({
      study: 'two objectives',
      bestTrials: [
        { number: 0, values: [0, 0.75], params: { x: 0 } },
        { number: 1, values: [0.5, 1], params: { x: 0.5 } },
      ],
    });
    expect(await read('best', '--study', 'empty')).toBe('Best trial: none, no trial has completed yet\n');
  });

  it('asks which study is meant', async () => {
    const { exitCode, stderr } = await runHone(['best', '--storage', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `hone: --study is needed, as ${file} holds several: from python, two objectives, empty.\n`,
    );
  });

  it('changes nothing', async () => {
    for (const args of [['studies'], ['trials', '--study', 'empty'], ['best', '--study', 'empty']])
      await read(...args);
    expect(readFileSync(file).equals(written)).toBe(true);
    expect(await readdir(folder)).toEqual(['python.db']);
  });
});
