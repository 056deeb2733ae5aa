import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTrial } from '../../core/study/create-trial.ts';
import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import { listArtifacts } from '../../core/storage/artifacts.ts';
import { RunUnderTest } from './study-run.fixture.ts';

/** Random and TPE's own suggestions, complete and pruned trials. */
const PRUNED_STUDY = {
  nTrials: 12,
  sampler: { name: 'tpe', options: { nStartupTrials: 4 } },
  pruner: { name: 'median', options: { nStartupTrials: 2 } },
} as const;

describe('a run', () => {
  test('carries a study to its total, and tells what happens in order', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    const result = await run.run();
    expect(result).toMatchObject({ outcome: 'finished', reason: null, backend: 'cpu' });
    expect(result.dataset).toMatchObject({ images: 40, classes: ['left', 'right'], imageHeight: 8 });
    const reports = Array.from({ length: 3 }, () => 'trial-reported');
    const oneTrial = ['trial-started', ...reports, 'trial-finished'];
    const told = run.events.map(({ type }) => type).filter((type) => type !== 'trial-progress');
    expect(told.filter((type) => type !== 'backend' && type !== 'dataset-progress')).toEqual([
      'dataset-ready',
      'study-ready',
      ...oneTrial,
      ...oneTrial,
    ]);
    expect(run.eventsOf('backend')).toHaveLength(1);
    const { trials, status, epochs } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE']);
    expect(status).toMatchObject({ status: 'finished', reason: null });
    expect(epochs.map((of) => of.map(({ epoch }) => epoch))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test.each([
    ['loss', 'maximize', ['--direction is maximize, so that the worst loss wins; minimize is the usual']],
    ['f1', 'minimize', ['--direction is minimize, so that the worst f1 wins; maximize is the usual one for']],
    ['loss', 'minimize', []],
    ['-loss', 'maximize', []],
  ] as const)('of the objective %s to %s warns where that is odd', async (objective, direction, begins) => {
    using run = await RunUnderTest.make({ nTrials: 1, objective, direction });
    await run.run();
    const told = run.eventsOf('warning').map(({ message }) => message);
    expect(told).toEqual(begins.map((begin) => expect.stringContaining(begin) as string));
  });

  test('gives a trial the value of its best epoch, whose checkpoint it keeps', async () => {
    using run = await RunUnderTest.make({ nTrials: 1, epochs: 6 });
    await run.run();
    const [trial] = (await run.read()).trials;
    const values = [...(trial?.intermediateValues.values() ?? [])];
    expect(trial?.values).toEqual([Math.max(...values)]);
    expect(trial?.userAttrs['hone:best_epoch']).toBe(values.indexOf(Math.max(...values)));
    expect(trial?.userAttrs['hone:best_metrics']).toMatchObject({ imageCount: 1000 });
    const artifacts = trial === undefined ? [] : listArtifacts(trial);
    expect(artifacts.map(({ filename }) => filename).sort()).toEqual([
      'best.safetensors',
      'predictions.json',
    ]);
    const files = readdirSync(join(run.folder, 'library-artifacts'));
    expect(files).toEqual(expect.arrayContaining(artifacts.map(({ artifactId }) => artifactId)));
    // What only a trial under way needs is gone.
    expect(files).toHaveLength(artifacts.length + 1);
    const [study, ...others] = readdirSync(join(run.folder, 'library-artifacts', 'trials'));
    expect(others).toEqual([]);
    expect(readdirSync(join(run.folder, 'library-artifacts', 'trials', study ?? ''))).toEqual([]);
  });

  test('prunes with the rule and the numbers, also in the file', async () => {
    using run = await RunUnderTest.make(PRUNED_STUDY);
    await run.run();
    const pruned = run.eventsOf('trial-finished').filter(({ state }) => state === 'PRUNED');
    expect(pruned.length).toBeGreaterThan(2);
    const { trials } = await run.read();
    for (const { number, decision, value } of pruned) {
      expect(decision).toMatchObject({ prune: true, rule: 'median' });
      const trial = trials[number];
      expect(trial?.intermediateValues.get(decision?.step ?? -1)).toBe(value);
      expect(trial?.intermediateValues.size).toBe((decision?.step ?? -1) + 1);
      const reason = trial?.userAttrs['hone:reason'];
      expect(reason).toBe(`pruned at epoch ${(decision?.step ?? -1) + 1}: ${decision?.reason}`);
      expect(reason).toMatch(/is below the median [\d.]+ of \d+ trials/);
    }
  });

  test('scores the test part once, and again only where another trial is best', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    const first = await run.run();
    expect((await run.read()).study.userAttrs['hone:test_score']).toMatchObject({ trial: 0 });
    // No trainer is needed to tell it again.
    const again = await run.run();
    expect(again).toMatchObject({ testMetrics: first.testMetrics, backend: null });
    const more = await run.run({ nTrials: 2 });
    const { study, trials } = await run.read();
    expect(trials[1]?.values?.[0]).toBeGreaterThan(trials[0]?.values?.[0] ?? 2);
    expect(study.userAttrs['hone:test_score']).toMatchObject({ trial: 1, metrics: more.testMetrics });
    expect(more.testMetrics?.accuracy).toBeGreaterThan(first.testMetrics?.accuracy ?? 1);
  });

  test('counts what is finished towards the total when it is carried on', async () => {
    using run = await RunUnderTest.make({ nTrials: 3, seed: null });
    await run.run();
    const before = await run.read();
    await run.run({ nTrials: 5 });
    expect(run.eventsOf('study-ready')).toMatchObject([{ finishedTrials: 3 }]);
    const { trials, study } = await run.read();
    expect(trials).toHaveLength(5);
    expect(trials.slice(0, 3)).toEqual(before.trials);
    // A seed that was drawn is kept.
    expect(study.userAttrs['hone:config']).toEqual(before.study.userAttrs['hone:config']);
  });

  test('carried on in parts equals the study that was run in one piece, and no other seed does', async () => {
    using whole = await RunUnderTest.make(PRUNED_STUDY);
    using parts = await RunUnderTest.make(PRUNED_STUDY);
    using other = await RunUnderTest.make({ ...PRUNED_STUDY, seed: 8 });
    await whole.run();
    await other.run();
    for (const nTrials of [3, 9, 12]) await parts.run({ nTrials });
    expect(await parts.outcomes()).toEqual(await whole.outcomes());
    expect(await parts.outcomes()).not.toEqual(await other.outcomes());
  });

  test('runs trials at the same time, each number once and never more than asked for', async () => {
    using run = await RunUnderTest.make({ nTrials: 7, jobs: 3 });
    run.script({ stepMs: 10 });
    await run.run();
    let running = 0;
    let most = 0;
    for (const { type } of run.events) {
      if (type === 'trial-started') most = Math.max(most, ++running);
      if (type === 'trial-finished') running--;
    }
    expect(most).toBe(3);
    const numbers = run.eventsOf('trial-finished').map(({ number }) => number);
    expect(numbers.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('takes enqueued trials first, and fails one that training cannot take', async () => {
    using run = await RunUnderTest.make({ nTrials: 1 });
    await run.run();
    const storage = await SqliteStorage.open(run.request.storageFile);
    const studyId = await storage.getStudyIdFromName('sprites');
    for (const params of [{ lr: 0.003 }, { lr: 50 }, { optimizer: 'Lion' }]) {
      const systemAttrs = { fixed_params: params };
      await storage.createTrial(studyId, createTrial({ state: 'WAITING', systemAttrs }));
    }
    await storage.close();
    const result = await run.run({ nTrials: 5 });
    expect(result.outcome).toBe('finished');
    const { trials } = await run.read();
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE', 'FAIL', 'FAIL', 'COMPLETE']);
    expect(trials[1]?.params).toMatchObject({ lr: 0.003 });
    expect(trials[2]?.userAttrs['hone:reason']).toMatch(/lr is 50, but must be a number from 0 to 10/);
    expect(trials[3]?.userAttrs['hone:reason']).toMatch(/Lion/);
  });

  test('goes on with the next trial where another program ends the one that runs', async () => {
    using run = await RunUnderTest.make({ nTrials: 3 });
    run.script({ stepMs: 20 });
    const started = run.start();
    const { number } = await run.nextEvent('trial-reported', (event) => event.number === 1);
    const storage = await SqliteStorage.open(run.request.storageFile);
    const trials = await storage.getAllTrials(await storage.getStudyIdFromName('sprites'));
    await storage.setTrialStateValues(trials[number]?.trialId ?? 0, 'FAIL');
    await storage.close();
    expect((await started.result).outcome).toBe('finished');
    const states = (await run.read()).trials.map(({ state }) => state);
    expect(states).toEqual(['COMPLETE', 'FAIL', 'COMPLETE']);
    expect(run.eventsOf('trial-finished')[1]).toMatchObject({ number: 1, state: 'FAIL' });
  });

  test('varies the image size where the space asks for it', async () => {
    using run = await RunUnderTest.make({
      fixed: {},
      space: [{ name: 'image_size', type: 'categorical', choices: ['8x8', '12x10'] }],
      nTrials: 6,
      sampler: { name: 'random', options: {} },
    });
    await run.run();
    const { trials } = await run.read();
    expect(new Set(trials.map(({ params }) => params['image_size']))).toEqual(new Set(['8x8', '12x10']));
    expect(trials.every(({ state }) => state === 'COMPLETE')).toBe(true);
  });
});
