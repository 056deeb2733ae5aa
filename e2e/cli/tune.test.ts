import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHone, startHone, succeeded } from './hone-process.ts';
import { makeWorkplace, type Workplace } from './workplace.ts';

let place: Workplace;

beforeAll(async () => {
  place = await makeWorkplace();
});

afterAll(async () => {
  await place.remove();
});

function realArgs(): string[] {
  return ['tune', place.images, '--epochs', '2', '--seed', '3', '--image-size', '20x40'];
}

function scriptedArgs(study: string): string[] {
  return ['tune', place.images, '--storage', place.file(`${study}.db`), '--study', study];
}

const STATISTICS = new RegExp(
  [
    '^Study statistics:',
    ' {2}Number of finished trials: {2}3',
    ' {2}Number of complete trials: {2}3',
    ' {2}Number of pruned trials: {2}0',
    'Best trial: \\d',
    ' {2}Value: \\d\\.\\d{4}',
    ' {2}Params:',
    ' {4}batch_size: \\d+',
    ' {4}lr: 0\\.0\\d+',
    ' {4}optimizer: (AdamW|SGD|Adam)\n$',
  ].join('\n'),
);

describe('hone tune, training for real', () => {
  it('ends in the statistics, carries on to a larger total, and says it in JSON', async () => {
    const { env } = place;
    const first = succeeded(await runHone([...realArgs(), '--trials', '2'], { env }));
    expect(first.stderr).toMatch(/^Split {4}\d+ train, \d+ validation, \d+ test$/m);
    expect(first.stderr).toMatch(/^Backend {2}wasm, .+$/m);
    expect(first.stderr).toMatch(/^Study {4}sprites \(new, 2 trials of up to 2 epochs\)$/m);

    const second = succeeded(await runHone([...realArgs(), '--trials', '3'], { env }));
    expect(second.stderr).toMatch(/^Study {4}sprites \(carrying on, 2 of 3 trials finished before\)$/m);
    expect(second.stdout).toMatch(STATISTICS);
    const testPart =
      /^Test part: accuracy [01]\.\d{4}, precision [01]\.\d{4}, recall [01]\.\d{4} on 8 images$/m;
    expect(second.stderr).toMatch(testPart);
    expect(succeeded(await runHone(['best'], { env })).stdout).toMatch(testPart);

    const third = succeeded(await runHone([...realArgs(), '--trials', '4', '--json', '--quiet'], { env }));
    expect(third.stderr).toBe('');
    const report: unknown = JSON.parse(third.stdout);
    expect(report).toEqual({
      study: 'sprites',
      storage: place.file('home/hone/library.db'),
      statistics: { finished: 4, complete: 4, pruned: 0, fail: 0, waiting: 0 },
      best: {
        number: expect.any(Number),
        value: expect.any(Number),
        params: { batch_size: expect.any(Number), lr: expect.any(Number), optimizer: expect.any(String) },
        testMetrics: expect.objectContaining({ accuracy: expect.any(Number), confusion: expect.any(Array) }),
      },
      backend: 'wasm',
      dataset: {
        images: 48,
        classes: expect.arrayContaining([expect.any(String)]),
        unreadable: [],
        split: { train: expect.any(Number), validation: expect.any(Number), test: expect.any(Number) },
      },
    });
  });
});

describe('hone tune, with scripted trainers', () => {
  it('writes plain lines into a pipe', async () => {
    const env = place.scriptedEnv();
    const { stderr } = await runHone(
      [...scriptedArgs('plain'), '--trials', '2', '--epochs', '2', '--jobs', '1'],
      {
        env,
      },
    );
    expect(stderr).not.toContain('\u001B');
    expect(stderr).toMatch(/^ +48 images in 8 classes \(class folders\), trained at 40x80 pixels$/m);
    expect(stderr).toMatch(
      /^Trial 0 started: batch_size \d+, lr [\d.e-]+, optimizer \w+\n[^]*^Trial 0 complete: [\d.]+ \(best\) /m,
    );
  });

  it('says where no trial has completed, and goes on after failures', async () => {
    const env = place.scriptedEnv({ faults: [{ fault: 'not-a-number', epoch: 0, trial: 0 }] });
    const run = await runHone([...scriptedArgs('failed'), '--trials', '1', '--epochs', '2'], { env });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/^Trial 0 failed: Scripted failure not-a-number in epoch 1/m);
    expect(run.stdout).toBe(`Study statistics:
  Number of finished trials:  1
  Number of complete trials:  0
  Number of pruned trials:  0
  Number of failed trials:  1
Best trial: none, no trial has completed yet
`);
    const { stdout } = await runHone(['trials', '--storage', place.file('failed.db')], { env });
    expect(stdout).toMatch(/^ +0 {2}FAIL .* Scripted failure not-a-number in epoch 1/m);
  });

  it('stops where the time is up', async () => {
    const env = place.scriptedEnv({ stepMs: 100 });
    const run = await runHone([...scriptedArgs('timeout'), '--timeout', '1', '--trials', '50'], { env });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/The time is up; the same command carries the study on\.\n$/);
  });

  it('pauses with the reason and exit code 1 where trainers keep dying', async () => {
    const env = place.scriptedEnv({ faults: [{ fault: 'crash', epoch: 0 }] });
    const run = await runHone([...scriptedArgs('dying'), '--trials', '9', '--jobs', '1'], { env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^hone: the study is paused: .+ The same command carries it on\.\n$/m);
    expect(run.stdout).toMatch(/^Study statistics:/);
  });

  it('goes on where nobody reads what it says', async () => {
    const env = place.scriptedEnv({ stepMs: 5 });
    const run = startHone([...scriptedArgs('unread'), '--trials', '3', '--epochs', '3'], { env });
    run.child.stderr?.destroy();
    run.child.stdout?.destroy();
    expect((await run.ended).exitCode).toBe(0);
    const { stdout } = await runHone(['studies', '--storage', place.file('unread.db'), '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject([{ statistics: { finished: 3 } }]);
  });
});
