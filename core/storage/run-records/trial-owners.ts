import { hasHoneTables, migrateHoneTables } from '../migrations/migrate.ts';
import type { Session } from '../rdb/session.ts';
import { sqlite } from '../rdb/tables.ts';
import type { TrialOwner } from '../run-records.ts';

/** Tables of Hone that have rows of single trials. */
const TRIAL_TABLES = ['hone_trial_owners', 'hone_epochs', 'hone_trial_logs'] as const;

/** Record who runs a trial, replacing an earlier owner. */
export function writeOwner(session: Session, trialId: number, owner: TrialOwner): void {
  migrateHoneTables(session);
  const columns = { host: owner.host, pid: owner.pid, process_start_ms: owner.processStartMs };
  session.run(
    sqlite
      .insertInto('hone_trial_owners')
      .values({ trial_id: trialId, ...columns })
      .onConflict((on) => on.column('trial_id').doUpdateSet(columns)),
  );
}

/** Whether a trial is recorded as run by that very process. */
export function isOwnedBy(session: Session, trialId: number, owner: TrialOwner): boolean {
  if (!hasHoneTables(session)) return false;
  const query = sqlite
    .selectFrom('hone_trial_owners')
    .select('trial_id')
    .where('trial_id', '=', trialId)
    .where('host', '=', owner.host)
    .where('pid', '=', owner.pid)
    .where('process_start_ms', '=', owner.processStartMs);
  return session.first(query) !== undefined;
}

/** Forget who runs a trial: it has ended, or waits to be taken by anybody. */
export function deleteOwner(session: Session, trialId: number): void {
  if (!hasHoneTables(session)) return;
  session.run(sqlite.deleteFrom('hone_trial_owners').where('trial_id', '=', trialId));
}

/**
 * Drop what is kept of a trial id.
 *
 * SQLite gives the ids of deleted trials to new ones, and Python's Optuna deletes its own tables' rows only.
 */
export function deleteTrialRecords(session: Session, trialId: number): void {
  if (!hasHoneTables(session)) return;
  for (const table of TRIAL_TABLES) session.run(sqlite.deleteFrom(table).where('trial_id', '=', trialId));
}

/** Drop what is kept of a study and of its trials; call it while they are still there. */
export function deleteStudyRecords(session: Session, studyId: number): void {
  if (!hasHoneTables(session)) return;
  const trialIds = sqlite.selectFrom('trials').select('trial_id').where('study_id', '=', studyId);
  for (const table of TRIAL_TABLES) session.run(sqlite.deleteFrom(table).where('trial_id', 'in', trialIds));
  session.run(sqlite.deleteFrom('hone_run_status').where('study_id', '=', studyId));
}
