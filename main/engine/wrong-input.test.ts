import { existsSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../core/base/errors.ts';
import { createStudy } from '../../core/create-study.ts';
import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import type { RunRequest } from './run-contract.ts';
import { RunUnderTest } from './study-run.fixture.ts';

async function refusal(run: RunUnderTest, changes: Partial<RunRequest>): Promise<InvalidInputError> {
  const error = await run.run(changes).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InvalidInputError)) throw new Error(`not refused: ${String(error)}`);
  expect(run.eventsOf('trial-started')).toEqual([]);
  return error;
}

describe('a run refuses, before anything is written,', () => {
  test.each<[string, Partial<RunRequest>, RegExp]>([
    ['objective', { objective: 'precison' }, /precison/],
    ['split', { split: [0.7, 0.2, 0.2] }, /0\.7\/0\.2\/0\.2/],
    ['split', { split: [1, 0, 0] }, /1\/0\/0/],
    ['trials', { nTrials: 0 }, /trials is 0, but must be a whole number from 1/],
    ['epochs', { epochs: 1.5 }, /1\.5/],
    ['jobs', { jobs: 0 }, /jobs is 0/],
    ['seed', { seed: 2 ** 32 }, /from 0 to 4294967295/],
    ['timeout', { timeoutS: 0 }, /above 0/],
    ['lr', { fixed: { lr: 0.1 } }, /fixed to 0\.1, but the space varies it too/],
    ['sampler: nope', { sampler: { name: 'tpe', options: { nope: 1 } } }, /nope, but has the options multi/],
    ['pruner: x', { pruner: { name: 'none', options: { x: 1 } } }, /has no options/],
    ['percentile', { pruner: { name: 'percentile', options: { percentile: 200 } } }, /200/],
    ['storage', { storageFile: '/no/such/folder/library.db' }, /no folder \/no\/such\/folder/],
    ['storage', { storageFile: '/proc/library.db' }, /the folder \/proc/],
  ])('%s', async (field, changes, sentence) => {
    using run = await RunUnderTest.make();
    const error = await refusal(run, changes);
    expect(error.field).toBe(field);
    expect(error.message).toMatch(sentence);
    expect(existsSync(run.request.storageFile)).toBe(false);
  });

  test('a folder that is missing, without making a database', async () => {
    using run = await RunUnderTest.make();
    rmSync(run.request.datasetFolder, { recursive: true });
    expect((await refusal(run, {})).message).toContain(run.request.datasetFolder);
    expect(existsSync(run.request.storageFile)).toBe(false);
  });

  test('a folder with one class only, and leaves no cache behind', async () => {
    using run = await RunUnderTest.make();
    rmSync(join(run.request.datasetFolder, 'left'), { recursive: true });
    // The scan remembers no image that was written just now.
    const right = join(run.request.datasetFolder, 'right');
    for (const name of readdirSync(right)) utimesSync(join(right, name), 1e9, 1e9);
    expect((await refusal(run, {})).message).toMatch(/only one class, "right"/);
    expect(readdirSync(run.folder)).toEqual([basename(run.request.datasetFolder)]);
  });

  test('a file that is no database', async () => {
    using run = await RunUnderTest.make();
    writeFileSync(run.request.storageFile, 'not a database, but long enough to look at'.repeat(10));
    const error = await refusal(run, {});
    expect(error.field).toBe('storage');
    expect(error.message).toMatch(/library\.db/);
  });
});

describe('a study that exists', () => {
  test('is refused with another space, direction, objective or whatever its values depend on', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    await run.run();
    const [batch, optimizer, lr = {}] = run.request.space;
    if (batch === undefined || optimizer === undefined) throw new Error('the request has three parameters');
    const cases: Array<[string, Partial<RunRequest>, RegExp]> = [
      ['direction', { direction: 'minimize' }, /direction maximize, but minimize was asked for/],
      ['objective', { objective: 'f1' }, /precision \+ recall, but f1/],
      ['epochs', { epochs: 9 }, /3, but 9/],
      ['seed', { seed: 1 }, /7, but 1/],
      ['split', { split: [0.5, 0.25, 0.25] }, /split 60\/20\/20, but 50\/25\/25 was/],
      ['model', { fixed: { image_size: '8x8', model: 'mobilenet_v3_small' } }, /left out, but mobilenet/],
      ['space', { space: [batch, lr] }, /batch_size, optimizer, lr, but batch_size, lr/],
      ['space: lr.high', { space: [batch, optimizer, { ...lr, high: 0.1 }] }, /0\.01, but 0\.1/],
    ];
    for (const [field, changes, sentence] of cases) {
      const error = await refusal(run, { nTrials: 2, ...changes });
      expect(error.field).toBe(field);
      expect(error.message).toMatch(sentence);
      expect(error.message).toContain("Study 'sprites'");
      expect(error.message).toContain('another study name (--study)');
    }
    expect((await run.read()).trials).toHaveLength(1);
  });

  test('is refused where its images have changed, and accepted where their folder has moved', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    await run.run();
    const moved = `${run.request.datasetFolder}-moved`;
    renameSync(run.request.datasetFolder, moved);
    expect((await run.run({ nTrials: 2, datasetFolder: moved })).outcome).toBe('finished');
    rmSync(join(moved, 'left', '3.png'));
    const error = await refusal(run, { nTrials: 3, datasetFolder: moved });
    expect(error.message).toMatch(/40 images in 2 classes then, 39 images in 2 classes now/);
  });

  test('of another program is carried on where its trials allow the space, and refused otherwise', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    const storage = await SqliteStorage.open(run.request.storageFile);
    for (const studyName of ['fits', 'differs']) {
      const study = await createStudy({ storage, studyName, direction: 'maximize' });
      const trial = await study.ask();
      if (studyName === 'fits') trial.suggestFloat('lr', 1e-4, 1e-1, { log: true });
      else trial.suggestCategorical('lr', [0.1, 0.01]);
      await study.tell(trial, 1);
    }
    const several = await createStudy({ storage, studyName: 'two', directions: ['maximize', 'minimize'] });
    expect(several.directions).toHaveLength(2);
    await storage.close();
    await run.run({ studyName: 'fits' });
    expect(run.eventsOf('study-ready')).toMatchObject([{ finishedTrials: 1 }]);
    expect((await refusal(run, { studyName: 'differs' })).message).toMatch(/'lr' has the kind Categorical/);
    expect((await refusal(run, { studyName: 'two' })).message).toMatch(/2 objectives/);
  });

  test('keeps its seed where another process made it while this one read the images', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    await run.run();
    const { storageFile } = run.request;
    renameSync(storageFile, `${storageFile}-kept`);
    run.onEvent(({ type }) => {
      if (type === 'dataset-ready' && !existsSync(storageFile))
        renameSync(`${storageFile}-kept`, storageFile);
    });
    expect((await run.run({ nTrials: 2, seed: null })).outcome).toBe('finished');
    expect((await run.read()).study.userAttrs['hone:config']).toMatchObject({ seed: 7 });
    expect(run.eventsOf('study-ready')).toMatchObject([{ finishedTrials: 1 }]);
  });

  test('may go on with another sampler and pruner', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    await run.run();
    const other = {
      sampler: { name: 'random', options: {} },
      pruner: { name: 'none', options: {} },
    } as const;
    expect((await run.run({ nTrials: 4, ...other })).outcome).toBe('finished');
    expect((await run.read()).study.userAttrs['hone:config']).toMatchObject(other);
    // A sampler that comes back suggests other parameters than at its first time.
    expect((await run.run({ nTrials: 6 })).outcome).toBe('finished');
    const { trials } = await run.read();
    expect(new Set(trials.map(({ params }) => params['lr'])).size).toBe(6);
  });
});
