import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FloatDistribution } from '../../core/distributions/float-distribution.ts';
import { createStudy } from '../../core/create-study.ts';
import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import { currentOwner, isOwnerAlive, readProcessStartMs } from './owner.ts';
import { recoverTrials } from './recovery.ts';

describe('an owner', () => {
  test('is alive while its process is, and neither after it nor as another process with its pid', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const self = await currentOwner();
    const processStartMs = (await readProcessStartMs(pid)) ?? 0;
    expect(Math.abs(Date.now() - processStartMs)).toBeLessThan(10_000);
    const owner = { host: self.host, pid, processStartMs };
    expect(await isOwnerAlive(owner)).toBe(true);
    expect(await isOwnerAlive({ ...owner, processStartMs: processStartMs - 60_000 })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await isOwnerAlive(owner)).toBe(false);
    expect(await isOwnerAlive({ ...owner, host: `not-${self.host}` })).toBe(true);
  });

  test('of this process is alive', async () => {
    const owner = await currentOwner();
    expect(owner.pid).toBe(process.pid);
    expect(await isOwnerAlive(owner)).toBe(true);
  });
});

describe('recovery', () => {
  test('puts back the trials of dead processes only, and only where they are still theirs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hone-recovery-'));
    const file = join(folder, 'library.db');
    const alive = await currentOwner();
    const dead = { ...alive, processStartMs: alive.processStartMs - 1e9 };
    const [ofDead, ofAlive, ofNobody] = await Promise.all([
      SqliteStorage.open(file, { owner: dead }),
      SqliteStorage.open(file, { owner: alive }),
      SqliteStorage.open(file),
    ]);
    try {
      const study = await createStudy({ storage: ofDead, studyName: 'one' });
      const params = [{ name: 'x', internalValue: 0.5, distribution: new FloatDistribution(0, 1) }];
      const { trialId } = await ofDead.createTrial(study.studyId);
      await ofDead.setTrialParams(trialId, params);
      await ofDead.runRecords.reportEpoch(trialId, 0.25, { epoch: 0, metrics: {} });
      await ofAlive.createTrial(study.studyId);
      await ofNobody.createTrial(study.studyId);
      const other = await createStudy({ storage: ofDead, studyName: 'other' });
      await ofDead.createTrial(other.studyId);

      expect(await recoverTrials(ofNobody, ofNobody.runRecords, study.studyId)).toMatchObject([
        { trialId, number: 0 },
      ]);
      const [recovered, ...others] = await ofNobody.getAllTrials(study.studyId);
      expect(recovered).toMatchObject({ state: 'WAITING', params: { x: 0.5 } });
      expect([...(recovered?.intermediateValues ?? [])]).toEqual([[0, 0.25]]);
      expect(others.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);

      // Somebody else has taken it meanwhile: who found the dead owner too must not take it away again.
      await ofAlive.popWaitingTrial(study.studyId);
      expect(await ofNobody.runRecords.releaseTrial(trialId, dead)).toBe(false);
      expect((await ofNobody.getTrial(trialId)).state).toBe('RUNNING');
      expect(await recoverTrials(ofNobody, ofNobody.runRecords)).toMatchObject([{ studyId: other.studyId }]);
    } finally {
      for (const storage of [ofDead, ofAlive, ofNobody]) await storage.close();
      rmSync(folder, { recursive: true });
    }
  });
});
