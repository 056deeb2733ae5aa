import { expect, it } from 'vitest';
import { InvalidInputError } from '../../base/errors.ts';
import type { Distribution } from '../../distributions/base.ts';
import { IntDistribution } from '../../distributions/int-distribution.ts';
import type { Connections } from './connections.ts';
import { EXTERNALS, PARAMS, template } from './sample-trial.ts';

/** Trials that are added to a study. */
export function declareCreationContract(connections: () => Connections): void {
  it('starts a trial now, with the next number of its study', async () => {
    const { storage, other } = connections();
    const a = await storage.createStudy(['minimize'], 'a');
    const b = await storage.createStudy(['minimize'], 'b');
    const before = Date.now();
    expect((await storage.createTrial(a)).number).toBe(0);
    expect((await other.createTrial(b)).number).toBe(0);
    const { trialId, number } = await other.createTrial(a);
    expect(number).toBe(1);
    const trial = await storage.getTrial(trialId);
    expect(trial).toEqual({
      trialId,
      number: 1,
      state: 'RUNNING',
      values: null,
      params: {},
      distributions: new Map(),
      intermediateValues: new Map(),
      userAttrs: {},
      systemAttrs: {},
      datetimeStart: trial.datetimeStart,
      datetimeComplete: null,
    });
    expect(trial.datetimeStart?.getTime()).toBeGreaterThanOrEqual(before);
    expect(trial.datetimeStart?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('puts in a trial as it is, times to the millisecond included', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId, template());
    const trial = await other.getTrial(trialId);
    expect(trial).toEqual({ ...template(), trialId, number: 0 });
    expect([...trial.distributions.keys()]).toEqual(PARAMS.map((param) => param.name));
    expect([...trial.intermediateValues.keys()]).toEqual([0, 2, 10, 5_000_000_000]);
  });

  it('takes no ids from a template that is a whole trial', async () => {
    const { storage } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const first = await storage.createTrial(studyId, template());
    const second = await storage.createTrial(studyId, await storage.getTrial(first.trialId));
    expect(second.number).toBe(1);
    expect(second.trialId).not.toBe(first.trialId);
    expect((await storage.getTrial(second.trialId)).number).toBe(1);
  });

  it('keeps five objectives with infinite values in order', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(
      Array.from({ length: 5 }, () => 'minimize' as const),
      'study',
    );
    const values = [-Infinity, 0, 1e-300, Infinity, -2.5];
    const { trialId } = await storage.createTrial(studyId, template({ values }));
    expect((await other.getTrial(trialId)).values).toEqual(values);
  });

  it('refuses a template with a NaN value or an incompatible parameter and adds no trial', async () => {
    const { storage } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    await storage.createTrial(studyId, template());
    const changed = new Map<string, Distribution>([['zeta', new IntDistribution(0, 1)]]);
    for (const bad of [
      template({ values: [Number.NaN] }),
      template({ params: { zeta: 1 }, distributions: changed }),
    ]) {
      await expect(storage.createTrial(studyId, bad)).rejects.toThrow(InvalidInputError);
    }
    expect(await storage.getAllTrials(studyId)).toHaveLength(1);
    expect((await storage.createTrial(studyId)).number).toBe(1);
  });

  it('numbers trials without gaps when they are created at once', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const created = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? storage : other).createTrial(studyId)),
    );
    expect(created.map((trial) => trial.number).sort((x, y) => x - y)).toEqual([...Array(40).keys()]);
    const trials = await storage.getAllTrials(studyId);
    expect(trials.map((trial) => trial.number)).toEqual([...Array(40).keys()]);
  });
}

/** Trials that wait to be taken. */
export function declareWaitingContract(connections: () => Connections): void {
  it('hands out waiting trials in the order of their numbers, each once', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    for (let count = 0; count < 4; count += 1)
      await storage.createTrial(studyId, template({ state: 'WAITING', values: null, datetimeStart: null }));
    const before = Date.now();
    const first = await storage.popWaitingTrial(studyId);
    expect(first).toMatchObject({ number: 0, state: 'RUNNING', params: EXTERNALS });
    expect(first?.datetimeStart?.getTime()).toBeGreaterThanOrEqual(before);
    const rest = await Promise.all([storage, other, storage, other].map((s) => s.popWaitingTrial(studyId)));
    const numbers = rest.map((trial) => trial?.number ?? -1).sort((x, y) => x - y);
    expect(numbers).toEqual([-1, 1, 2, 3]);
    expect((await other.getAllTrials(studyId)).map((trial) => trial.state)).toEqual(Array(4).fill('RUNNING'));
  });

  it('gives a waiting trial to one of two who want it RUNNING', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const waiting = template({ state: 'WAITING', values: null, datetimeStart: null, datetimeComplete: null });
    const { trialId } = await storage.createTrial(studyId, waiting);
    const taken = await Promise.all([
      storage.setTrialStateValues(trialId, 'RUNNING'),
      other.setTrialStateValues(trialId, 'RUNNING'),
    ]);
    expect(taken.map(Number).sort((a, b) => a - b)).toEqual([0, 1]);
    expect((await storage.getTrial(trialId)).datetimeStart).not.toBeNull();
  });

  it('puts a running trial back to WAITING, without a start', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await storage.setTrialParams(trialId, PARAMS);
    await storage.setTrialIntermediateValue(trialId, 0, 1);
    expect(await storage.setTrialStateValues(trialId, 'WAITING')).toBe(true);
    expect(await other.getTrial(trialId)).toMatchObject({
      state: 'WAITING',
      params: EXTERNALS,
      intermediateValues: new Map([[0, 1]]),
      datetimeStart: null,
    });
  });
}
