import type { Storage } from '../../core/storage/base.ts';
import type { RunRecords, TrialOwner } from '../../core/storage/run-records.ts';
import { isOwnerAlive } from './owner.ts';

/** A RUNNING trial whose process was gone, put back to WAITING. */
export interface RecoveredTrial {
  readonly trialId: number;
  readonly studyId: number;
  readonly number: number;
}

/**
 * Put the trials of dead processes back to WAITING, with their parameters, reports and checkpoints. Trials of other
 * programs have no owner here and are left alone.
 *
 * Every command that opens a file may call this, reading ones included, so that no trial looks RUNNING that is not.
 *
 * @param studyId only trials of this study; null: of all studies in the file.
 * @returns by trial id.
 */
export async function recoverTrials(
  storage: Storage,
  records: RunRecords,
  studyId: number | null = null,
): Promise<RecoveredTrial[]> {
  const recovered: RecoveredTrial[] = [];
  const alive = new Map<string, boolean>();
  for (const owned of await records.listOwners()) {
    if (studyId !== null && owned.studyId !== studyId) continue;
    const key = ownerKey(owned.owner);
    const isAlive = alive.get(key) ?? (await isOwnerAlive(owned.owner));
    alive.set(key, isAlive);
    if (isAlive) continue;
    if (!(await records.releaseTrial(owned.trialId, owned.owner))) continue;
    const { number } = await storage.getTrial(owned.trialId);
    recovered.push({ trialId: owned.trialId, studyId: owned.studyId, number });
  }
  return recovered.sort((a, b) => a.trialId - b.trialId);
}

/**
 * Put the RUNNING trials that this process owns in a study back to WAITING, at the end of a run: what is left then
 * is what could not be put back earlier.
 *
 * @returns their ids.
 */
export async function releaseOwnTrials(
  records: RunRecords,
  studyId: number,
  owner: TrialOwner,
): Promise<number[]> {
  const own = (await records.listOwners()).filter(
    (owned) => owned.studyId === studyId && ownerKey(owned.owner) === ownerKey(owner),
  );
  for (const { trialId } of own) await records.releaseTrial(trialId);
  return own.map(({ trialId }) => trialId);
}

function ownerKey(owner: TrialOwner): string {
  return `${owner.host}:${owner.pid}:${owner.processStartMs}`;
}
