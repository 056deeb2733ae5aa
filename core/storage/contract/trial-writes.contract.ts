import { expect, it } from 'vitest';
import { InvalidInputError, NotFoundError, UpdateFinishedTrialError } from '../../base/errors.ts';
import type { TrialState } from '../../study/frozen-trial.ts';
import type { Connections } from './connections.ts';
import { PARAMS, template } from './sample-trial.ts';

/** Reports, values and attributes of a trial. */
export function declareWritingContract(connections: () => Connections): void {
  it('keeps reports by step, the first of each, with values that are not finite', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    const reports: Array<[number, number]> = [
      [3, Number.NaN],
      [0, 0.1],
      [1, Infinity],
      [3, 9],
      [2 ** 40, -Infinity],
    ];
    for (const [step, value] of reports) await storage.setTrialIntermediateValue(trialId, step, value);
    expect([...(await other.getTrial(trialId)).intermediateValues]).toEqual([
      [0, 0.1],
      [1, Infinity],
      [3, Number.NaN],
      [2 ** 40, -Infinity],
    ]);
  });

  it.each([-1, 1.5, Number.NaN])('refuses the step %s', async (step) => {
    const { storage } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await expect(storage.setTrialIntermediateValue(trialId, step, 1)).rejects.toThrow(InvalidInputError);
  });

  it('finishes a trial with values and attributes together', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize', 'maximize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await other.getAllTrials(studyId);
    const before = Date.now();
    const finished = await storage.setTrialStateValues(trialId, 'COMPLETE', [-Infinity, 0.1], {
      trialSystemAttrs: { constraints: [1, -1] },
      studySystemAttrs: { generation: 3 },
    });
    expect(finished).toBe(true);
    const [trial] = await other.getAllTrials(studyId);
    expect(trial).toMatchObject({
      state: 'COMPLETE',
      values: [-Infinity, 0.1],
      systemAttrs: { constraints: [1, -1] },
    });
    expect(trial?.datetimeComplete?.getTime()).toBeGreaterThanOrEqual(before);
    expect((await other.getStudy(studyId)).systemAttrs).toEqual({ generation: 3 });
  });

  it('refuses NaN as a value and leaves the trial running', async () => {
    const { storage } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await expect(storage.setTrialStateValues(trialId, 'COMPLETE', [Number.NaN])).rejects.toThrow(
      InvalidInputError,
    );
    expect(await storage.getTrial(trialId)).toMatchObject({ state: 'RUNNING', values: null });
  });

  it('refuses RUNNING for a trial that runs, and writes nothing then', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    const trialSystemAttrs = { key: 1 };
    expect(await storage.setTrialStateValues(trialId, 'RUNNING', [1], { trialSystemAttrs })).toBe(false);
    expect(await other.getTrial(trialId)).toMatchObject({ values: null, systemAttrs: {} });
  });

  it.each(['COMPLETE', 'PRUNED', 'FAIL'] as const)('changes nothing of a %s trial', async (state) => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const values = state === 'FAIL' ? null : [1];
    const { trialId } = await storage.createTrial(studyId, template({ state, values }));
    const refused = [
      other.setTrialStateValues(trialId, 'RUNNING'),
      other.setTrialStateValues(trialId, 'COMPLETE', [2]),
      other.setTrialParams(trialId, []),
      other.setTrialIntermediateValue(trialId, 99, 1),
      other.setTrialUserAttr(trialId, 'note', 1),
      other.setTrialSystemAttr(trialId, 'note', 1),
    ];
    for (const result of await Promise.allSettled(refused))
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(UpdateFinishedTrialError) });
    expect(await other.getTrial(trialId)).toEqual({ ...template({ state, values }), trialId, number: 0 });
  });

  it('says which trial is not there', async () => {
    const { storage } = connections();
    const missing = [
      storage.getTrial(99),
      storage.setTrialStateValues(99, 'FAIL'),
      storage.setTrialParams(99, []),
      storage.setTrialIntermediateValue(99, 0, 1),
      storage.setTrialUserAttr(99, 'key', 1),
      storage.setTrialSystemAttr(99, 'key', 1),
    ];
    for (const result of await Promise.allSettled(missing))
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(NotFoundError) });
  });

  it('keeps user and system attributes of trials apart and replaces them', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await storage.setTrialUserAttr(trialId, 'key', 'old');
    await storage.setTrialSystemAttr(trialId, 'key', { long: 'x'.repeat(100_000) });
    await storage.setTrialUserAttr(trialId, 'key', [Number.NaN, 'new']);
    expect(await other.getTrial(trialId)).toMatchObject({
      userAttrs: { key: [Number.NaN, 'new'] },
      systemAttrs: { key: { long: 'x'.repeat(100_000) } },
    });
  });
}

/** Lists of trials. */
export function declareReadingContract(connections: () => Connections): void {
  it('lists trials by number and by state while they change', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const states: TrialState[] = ['RUNNING', 'COMPLETE', 'WAITING', 'PRUNED', 'FAIL', 'RUNNING'];
    for (const state of states) {
      const finished = state === 'COMPLETE' || state === 'PRUNED' || state === 'FAIL';
      const values = state === 'COMPLETE' || state === 'PRUNED' ? [1] : null;
      const datetimeComplete = finished ? new Date() : null;
      await storage.createTrial(studyId, template({ state, values, datetimeComplete }));
    }
    const list = async (...wanted: TrialState[]) =>
      (await other.getAllTrials(studyId, wanted)).map((trial) => trial.number);
    expect((await other.getAllTrials(studyId)).map((trial) => trial.state)).toEqual(states);
    expect(await list('RUNNING')).toEqual([0, 5]);
    expect(await list('COMPLETE', 'PRUNED')).toEqual([1, 3]);
    expect(await list()).toEqual([]);
    const [running] = await other.getAllTrials(studyId, ['RUNNING']);
    await storage.setTrialStateValues(running?.trialId ?? -1, 'COMPLETE', [0.5]);
    expect(await list('RUNNING')).toEqual([5]);
    expect(await list('COMPLETE')).toEqual([0, 1]);
    expect((await other.getAllTrials(studyId))[0]).toMatchObject({ number: 0, values: [0.5] });
  });

  it('hands out copies that later writes do not change', async () => {
    const { storage } = connections();
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    const [before] = await storage.getAllTrials(studyId);
    await storage.setTrialIntermediateValue(trialId, 0, 1);
    await storage.setTrialParams(trialId, PARAMS);
    await storage.setTrialUserAttr(trialId, 'key', 1);
    await storage.setTrialStateValues(trialId, 'COMPLETE', [1]);
    expect(before).toMatchObject({ state: 'RUNNING', values: null, params: {}, userAttrs: {} });
    expect(before?.intermediateValues.size).toBe(0);
    const list = await storage.getAllTrials(studyId);
    list.pop();
    expect(await storage.getAllTrials(studyId)).toHaveLength(1);
  });
}
