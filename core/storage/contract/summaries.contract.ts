import { expect, it } from 'vitest';
import type { Connections } from './connections.ts';

/** Study summaries: counts and the best trial. */
export function declareSummaryContract(connections: () => Connections): void {
  it('counts trials by state and names the best, the earliest of equals', async () => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy(['maximize'], 'study');
    const before = Date.now();
    for (const value of [0.5, 2, 2, -1]) {
      const { trialId } = await storage.createTrial(studyId);
      await storage.setTrialStateValues(trialId, 'COMPLETE', [value]);
    }
    for (const state of ['PRUNED', 'FAIL', 'WAITING'] as const) {
      const { trialId } = await storage.createTrial(studyId);
      await storage.setTrialStateValues(trialId, state, state === 'PRUNED' ? [99] : null);
    }
    await storage.createTrial(studyId);
    await storage.setStudyUserAttr(studyId, 'key', 1);
    const [summary] = await other.getStudySummaries();
    expect(summary).toMatchObject({
      studyId,
      studyName: 'study',
      directions: ['maximize'],
      userAttrs: { key: 1 },
      nTrials: { COMPLETE: 4, PRUNED: 1, FAIL: 1, WAITING: 1, RUNNING: 1 },
      bestTrial: { number: 1, value: 2 },
    });
    expect(summary?.datetimeStart?.getTime()).toBeGreaterThanOrEqual(before);
    expect(summary?.datetimeStart?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['minimize', [1, -Infinity, -5], { number: 1, value: -Infinity }],
    ['minimize', [Infinity, 7, 8], { number: 1, value: 7 }],
    ['maximize', [-Infinity, 7, Infinity], { number: 2, value: Infinity }],
    ['maximize', [-Infinity], { number: 0, value: -Infinity }],
  ] as const)('orders infinite values (%s of %j)', async (direction, values, best) => {
    const { storage, other } = connections();
    const studyId = await storage.createStudy([direction], 'study');
    for (const value of values) {
      const { trialId } = await storage.createTrial(studyId);
      await storage.setTrialStateValues(trialId, 'COMPLETE', [value]);
    }
    expect((await other.getStudySummaries())[0]?.bestTrial).toEqual(best);
  });

  it('names no best trial without complete ones or with several objectives', async () => {
    const { storage, other } = connections();
    await storage.createStudy(['minimize'], 'empty');
    const several = await storage.createStudy(['minimize', 'maximize'], 'several');
    const { trialId } = await storage.createTrial(several);
    await storage.setTrialStateValues(trialId, 'COMPLETE', [1, 2]);
    const summaries = await other.getStudySummaries();
    expect(summaries.map((summary) => summary.bestTrial)).toEqual([null, null]);
    expect(summaries[0]).toMatchObject({
      nTrials: { COMPLETE: 0, PRUNED: 0, FAIL: 0, WAITING: 0, RUNNING: 0 },
      datetimeStart: null,
    });
  });
}
