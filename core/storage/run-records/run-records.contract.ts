import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError, NotFoundError, UpdateFinishedTrialError } from '../../base/errors.ts';
import { FloatDistribution } from '../../distributions/float-distribution.ts';
import type { Storage } from '../base.ts';
import type { RunRecords, TrialOwner } from '../run-records.ts';

/** Run records under test, with the storage that they stand beside. */
export interface RunRecordsFixture {
  readonly storage: Storage;
  readonly records: RunRecords;
  /** Over another connection to the same medium. */
  readonly otherRecords: RunRecords;
  close(): Promise<void>;
}

const OWNER: TrialOwner = { host: 'größe', pid: 4_194_304, processStartMs: 1_795_000_000_123 };

/** Declares the tests that every {@link RunRecords} passes. */
export function declareRunRecordsContract(name: string, open: () => Promise<RunRecordsFixture>): void {
  describe(`${name} keeps the contract of run records`, () => {
    let fixture: RunRecordsFixture;
    let studyId: number;
    let trialId: number;
    beforeEach(async () => {
      fixture = await open();
      studyId = await fixture.storage.createStudy(['maximize'], 'study');
      ({ trialId } = await fixture.storage.createTrial(studyId));
    });
    afterEach(() => fixture.close());

    it('knows nothing at first', async () => {
      const { records } = fixture;
      expect(await records.listOwners()).toEqual([]);
      expect(await records.getEpochs(trialId)).toEqual([]);
      expect(await records.getTrialLog(trialId)).toEqual([]);
      expect(await records.getRunStatus(studyId)).toBeNull();
    });

    it('lists the owners of running trials, the latest of each', async () => {
      const { storage, records, otherRecords } = fixture;
      const other = await storage.createTrial(studyId);
      await records.claimTrial(other.trialId, OWNER);
      await records.claimTrial(trialId, OWNER);
      await records.claimTrial(trialId, { ...OWNER, pid: 7 });
      expect(await otherRecords.listOwners()).toEqual([
        { trialId, studyId, owner: { ...OWNER, pid: 7 } },
        { trialId: other.trialId, studyId, owner: OWNER },
      ]);
      await storage.setTrialStateValues(trialId, 'COMPLETE', [1]);
      expect((await otherRecords.listOwners()).map((owned) => owned.trialId)).toEqual([other.trialId]);
      await expect(records.claimTrial(trialId, OWNER)).rejects.toThrow(UpdateFinishedTrialError);
    });

    it('puts a released trial back to WAITING with all it has, and forgets its owner', async () => {
      const { storage, records, otherRecords } = fixture;
      const distribution = new FloatDistribution(0, 1);
      await records.claimTrial(trialId, OWNER);
      await storage.setTrialParams(trialId, [{ name: 'x', internalValue: 0.5, distribution }]);
      await storage.setTrialUserAttr(trialId, 'note', 'kept');
      await records.reportEpoch(trialId, 0.25, { epoch: 0, metrics: { loss: 1 } });
      expect(await otherRecords.releaseTrial(trialId)).toBe(true);
      expect(await storage.getTrial(trialId)).toMatchObject({
        state: 'WAITING',
        params: { x: 0.5 },
        intermediateValues: new Map([[0, 0.25]]),
        userAttrs: { note: 'kept' },
        datetimeStart: null,
      });
      expect(await records.listOwners()).toEqual([]);
      expect(await records.getEpochs(trialId)).toHaveLength(1);
      expect((await storage.popWaitingTrial(studyId))?.trialId).toBe(trialId);
      expect(await records.listOwners()).toEqual([]);
    });

    it('takes a trial from the owner that is named, and from no other', async () => {
      const { storage, records, otherRecords } = fixture;
      expect(await records.releaseTrial(trialId, OWNER)).toBe(false);
      await records.claimTrial(trialId, OWNER);
      for (const change of [{ host: 'there' }, { pid: 7 }, { processStartMs: 0 }])
        expect(await records.releaseTrial(trialId, { ...OWNER, ...change })).toBe(false);
      expect((await storage.getTrial(trialId)).state).toBe('RUNNING');
      const released = [records.releaseTrial(trialId, OWNER), otherRecords.releaseTrial(trialId, OWNER)];
      expect((await Promise.all(released)).filter(Boolean)).toHaveLength(1);
    });

    it.each(['COMPLETE', 'PRUNED', 'FAIL', 'WAITING'] as const)(
      'does not release a %s trial',
      async (state) => {
        const { storage, records } = fixture;
        await storage.setTrialStateValues(trialId, state, state === 'COMPLETE' ? [1] : null);
        const before = await storage.getTrial(trialId);
        await records.releaseTrial(trialId);
        expect(await storage.getTrial(trialId)).toEqual(before);
      },
    );

    it('reports an epoch with its metrics; the first of each stays', async () => {
      const { storage, records, otherRecords } = fixture;
      const metrics = { loss: Number.NaN, perClass: [1, Infinity], text: 'é' };
      await records.reportEpoch(trialId, Number.NaN, { epoch: 1, metrics });
      await records.reportEpoch(trialId, 0.5, { epoch: 0, metrics: { loss: 2 } });
      await records.reportEpoch(trialId, 9, { epoch: 1, metrics: { loss: 9 } });
      expect([...(await storage.getTrial(trialId)).intermediateValues]).toEqual([
        [0, 0.5],
        [1, Number.NaN],
      ]);
      expect(await otherRecords.getEpochs(trialId)).toEqual([
        { epoch: 0, metrics: { loss: 2 } },
        { epoch: 1, metrics },
      ]);
    });

    it('writes neither value nor metrics of an epoch that is refused', async () => {
      const { storage, records } = fixture;
      const wrong = records.reportEpoch(trialId, 1, { epoch: -1, metrics: {} });
      await expect(wrong).rejects.toThrow(InvalidInputError);
      const unwritable = { bad: undefined as unknown as null };
      const refused = records.reportEpoch(trialId, 1, { epoch: 0, metrics: unwritable });
      await expect(refused).rejects.toThrow(InvalidInputError);
      expect((await storage.getTrial(trialId)).intermediateValues.size).toBe(0);
      await storage.setTrialStateValues(trialId, 'FAIL');
      const late = records.reportEpoch(trialId, 1, { epoch: 0, metrics: {} });
      await expect(late).rejects.toThrow(UpdateFinishedTrialError);
      expect(await records.getEpochs(trialId)).toEqual([]);
    });

    it('keeps the log of a trial in order, also after its end', async () => {
      const { storage, records, otherRecords } = fixture;
      const before = Date.now();
      await records.appendTrialLog(trialId, 'first');
      await storage.setTrialStateValues(trialId, 'FAIL');
      await records.appendTrialLog(trialId, 'zweite Zeile\n株');
      const log = await otherRecords.getTrialLog(trialId);
      expect(log.map((entry) => entry.line)).toEqual(['first', 'zweite Zeile\n株']);
      for (const { at } of log) expect(at.getTime()).toBeGreaterThanOrEqual(before);
    });

    it('keeps the last status of a run', async () => {
      const { records, otherRecords } = fixture;
      await records.setRunStatus(studyId, 'running', null);
      await records.setRunStatus(studyId, 'paused', 'The disk is full.');
      const status = await otherRecords.getRunStatus(studyId);
      expect(status).toMatchObject({ status: 'paused', reason: 'The disk is full.' });
      expect(status?.updatedAt.getTime()).toBeLessThanOrEqual(Date.now());
    });

    it('says which study or trial is not there', async () => {
      const { records } = fixture;
      const missing = [
        records.claimTrial(99, OWNER),
        records.releaseTrial(99),
        records.reportEpoch(99, 1, { epoch: 0, metrics: {} }),
        records.getEpochs(99),
        records.appendTrialLog(99, 'line'),
        records.getTrialLog(99),
        records.setRunStatus(99, 'running', null),
        records.getRunStatus(99),
      ];
      for (const result of await Promise.allSettled(missing))
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(NotFoundError) });
    });

    it('keeps nothing of a deleted study for the next that gets its ids', async () => {
      const { storage, records } = fixture;
      await records.claimTrial(trialId, OWNER);
      await records.reportEpoch(trialId, 1, { epoch: 0, metrics: { loss: 1 } });
      await records.appendTrialLog(trialId, 'old');
      await records.setRunStatus(studyId, 'finished', null);
      await storage.deleteStudy(studyId);
      const newId = await storage.createStudy(['maximize'], 'study');
      const trial = await storage.createTrial(newId);
      expect(await records.listOwners()).toEqual([]);
      expect(await records.getEpochs(trial.trialId)).toEqual([]);
      expect(await records.getTrialLog(trial.trialId)).toEqual([]);
      expect(await records.getRunStatus(newId)).toBeNull();
    });
  });
}
