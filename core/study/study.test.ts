import { beforeEach, describe, expect, it } from 'vitest';
import { DuplicatedStudyError, HoneError, InvalidInputError, NotFoundError } from '../base/errors.ts';
import { setLogger } from '../base/logging.ts';
import {
  copyStudy,
  createStudy,
  deleteStudy,
  getAllStudyNames,
  getAllStudySummaries,
  loadStudy,
} from '../create-study.ts';
import { RandomSampler } from '../samplers/random-sampler.ts';
import { InMemoryStorage } from '../storage/in-memory/in-memory-storage.ts';
import { createTrial } from './create-trial.ts';
import type { Objective } from './optimize.ts';

const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  const log = (message: string) => logged.push(message);
  const previous = setLogger({ info: log, warn: log });
  return () => {
    setLogger(previous);
  };
});

const sum: Objective = (trial) => trial.suggestFloat('x', -1, 1) + trial.suggestInt('n', 1, 100);
const sphere: Objective = (trial) => trial.suggestFloat('x', -1, 1) ** 2;

describe('create, load, copy and delete', () => {
  it('names a study by itself, or as told, once', async () => {
    const storage = new InMemoryStorage();
    expect((await createStudy({ storage })).studyName).toMatch(/^no-name-[0-9a-f-]{36}$/);
    const study = await createStudy({ storage, studyName: 's', direction: 'maximize' });
    expect([study.directions, study.direction]).toEqual([['maximize'], 'maximize']);
    await expect(createStudy({ storage, studyName: 's' })).rejects.toThrow(DuplicatedStudyError);
    const again = await createStudy({ storage, studyName: 's', loadIfExists: true, direction: 'minimize' });
    expect([again.studyId, again.direction]).toEqual([study.studyId, 'maximize']);
  });

  it('refuses directions that are none', async () => {
    await expect(createStudy({ directions: [] })).rejects.toThrow(InvalidInputError);
    await expect(createStudy({ direction: 'minimize', directions: ['minimize'] })).rejects.toThrow(
      InvalidInputError,
    );
    await expect(createStudy({ direction: 'up' as 'minimize' })).rejects.toThrow(
      'The direction is up, but it must be minimize or maximize.',
    );
    const several = await createStudy({ directions: ['minimize', 'maximize'] });
    expect(() => several.direction).toThrow(HoneError);
  });

  it('loads by name, or without where there is one study', async () => {
    const storage = new InMemoryStorage();
    await expect(loadStudy({ storage })).rejects.toThrow(NotFoundError);
    await createStudy({ storage, studyName: 'a' });
    expect((await loadStudy({ storage })).studyName).toBe('a');
    await createStudy({ storage, studyName: 'b' });
    await expect(loadStudy({ storage })).rejects.toThrow("the storage has the studies 'a', 'b'");
    expect((await loadStudy({ storage, studyName: 'b' })).studyName).toBe('b');
    await expect(loadStudy({ storage, studyName: 'c' })).rejects.toThrow(NotFoundError);
  });

  it('copies trials and attributes, counts studies, and deletes', async () => {
    const from = new InMemoryStorage();
    const to = new InMemoryStorage();
    const study = await createStudy({
      storage: from,
      studyName: 's',
      sampler: new RandomSampler({ seed: 1 }),
    });
    await study.optimize(sphere, { nTrials: 3 });
    await study.enqueueTrial({ x: 1 });
    await study.setUserAttr('k', [1, null]);
    await study.setMetricNames(['loss']);
    await copyStudy({ fromStudyName: 's', fromStorage: from, toStorage: to, toStudyName: 't' });
    const copy = await loadStudy({ storage: to });
    // Both storages count their trials from the same id on.
    expect(await copy.getTrials()).toEqual(await study.getTrials());
    expect(await copy.userAttrs()).toEqual({ k: [1, null] });
    expect(await copy.metricNames()).toEqual(['loss']);
    expect(await getAllStudySummaries(to)).toMatchObject([
      { studyName: 't', nTrials: { COMPLETE: 3, WAITING: 1 } },
    ]);
    await deleteStudy({ studyName: 's', storage: from });
    expect([await getAllStudyNames(from), await getAllStudyNames(to)]).toEqual([[], ['t']]);
  });

  it('needs one metric name an objective', async () => {
    const study = await createStudy();
    expect(await study.metricNames()).toBeNull();
    await expect(study.setMetricNames(['a', 'b'])).rejects.toThrow(InvalidInputError);
  });
});

describe('enqueueTrial', () => {
  it('puts a WAITING trial in the queue, which ask takes first, in order', async () => {
    const study = await createStudy({ sampler: new RandomSampler({ seed: 1 }) });
    await study.enqueueTrial({ x: 0.5 }, { userAttrs: { why: 'default' } });
    await study.enqueueTrial({ x: 0.25 });
    expect(await study.getTrials()).toMatchObject([
      {
        state: 'WAITING',
        systemAttrs: { fixed_params: { x: 0.5 } },
        userAttrs: { why: 'default' },
        params: {},
        datetimeStart: null,
      },
      { state: 'WAITING' },
    ]);
    await study.optimize(sphere, { nTrials: 3 });
    expect((await study.getTrials()).map((trial) => trial.values?.[0]).slice(0, 2)).toEqual([0.25, 0.0625]);
  });

  it('skips parameters that exist already, where asked to', async () => {
    const study = await createStudy();
    const count = async (params: Record<string, number | string | boolean>) => {
      await study.enqueueTrial(params, { skipIfExists: true });
      return (await study.getTrials()).length;
    };
    expect(await count({ x: 1, c: 'a' })).toBe(1);
    expect(await count({ c: 'a', x: 1 + 1e-6 })).toBe(1);
    expect(await count({ x: Number.NaN, c: 'a' })).toBe(1);
    expect(await count({ x: 1.001, c: 'a' })).toBe(2);
    expect(await count({ x: 1, c: 'b' })).toBe(3);
    expect(await count({ x: 1 })).toBe(4);
    expect(await count({ x: '1' })).toBe(5);
    expect(await count({ x: 1, d: 'a' })).toBe(6);
    await study.enqueueTrial({ x: 1 });
    expect(await study.getTrials()).toHaveLength(7);
  });
});

describe('addTrial', () => {
  it('checks the number of values', async () => {
    const study = await createStudy();
    await study.addTrial(createTrial({ values: 1 }));
    await expect(study.addTrial(createTrial({ values: [1, 2] }))).rejects.toThrow(InvalidInputError);
  });

  it.each([
    { state: 'COMPLETE' },
    { state: 'FAIL', values: 1 },
    { values: Number.NaN },
    { values: 1, params: { x: 1 } },
  ] as const)('refuses parts that contradict each other: %j', (parts) => {
    expect(() => createTrial(parts)).toThrow(InvalidInputError);
  });
});

describe('a resumed study', () => {
  it('draws what the uninterrupted one draws', async () => {
    const whole = await createStudy({ sampler: new RandomSampler({ seed: 7 }) });
    await whole.optimize(sum, { nTrials: 6 });
    const storage = new InMemoryStorage();
    for (let nTrials = 1; nTrials <= 6; nTrials++) {
      const study = await createStudy({
        storage,
        studyName: 's',
        loadIfExists: true,
        sampler: new RandomSampler({ seed: 7 }),
      });
      await study.optimize(sum, { nTrials });
    }
    const params = async (study: typeof whole) => (await study.getTrials()).map((trial) => trial.params);
    expect(await params(await loadStudy({ storage }))).toEqual(await params(whole));
  });

  it('keeps the stream of a new sampler where a trial is RUNNING elsewhere, unless told otherwise', async () => {
    const storage = new InMemoryStorage();
    const first = await createStudy({ storage, sampler: new RandomSampler({ seed: 7 }) });
    const running = await first.ask();
    const x = running.suggestFloat('x', 0, 1);
    await running.flush();
    const next = async (resumeSampler?: boolean) => {
      const options = resumeSampler === undefined ? {} : { resumeSampler };
      const study = await loadStudy({ storage, sampler: new RandomSampler({ seed: 7 }), ...options });
      return (await study.ask()).suggestFloat('x', 0, 1);
    };
    expect(await next()).toBe(x);
    await storage.setTrialParams(running.trialId, [], { 'hone:sampler_state': first.sampler.getState() });
    expect(await next(true)).not.toBe(x);
  });

  it('starts anew where the state belongs to another sampler', async () => {
    const storage = new InMemoryStorage();
    const study = await createStudy({ storage });
    await study.setSystemAttr('hone:sampler_state', { sampler: 'another' });
    await loadStudy({ storage, sampler: new RandomSampler({ seed: 7 }) });
    expect(logged.at(-1)).toContain('another sampler');
  });
});
