import type { JsonObject } from '../../base/json.ts';
import { parsePythonJson, toPythonJson } from '../../base/python-json.ts';
import { hasHoneTables, migrateHoneTables } from '../migrations/migrate.ts';
import type { SqliteDatabase } from '../rdb/sqlite-database.ts';
import { requireStudy } from '../rdb/studies.ts';
import { sqlite } from '../rdb/tables.ts';
import {
  readTrialHead,
  readUnfinishedHead,
  writeIntermediateValue,
  writeState,
} from '../rdb/trial-writes.ts';
import type { EpochRecord, RunRecords, RunStatus, TrialOwner } from '../run-records.ts';
import { checkStep } from '../trial-checks.ts';
import { deleteOwner, isOwnedBy, writeOwner } from './trial-owners.ts';

/** {@link RunRecords} in the database file of the study; the tables are made by the first write. */
export class SqliteRunRecords implements RunRecords {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async claimTrial(trialId: number, owner: TrialOwner): Promise<void> {
    await this.#database.write((session) => {
      readUnfinishedHead(session, trialId);
      writeOwner(session, trialId, owner);
    });
  }

  async listOwners(): Promise<Array<{ trialId: number; studyId: number; owner: TrialOwner }>> {
    return this.#database.read((session) => {
      if (!hasHoneTables(session)) return [];
      const query = sqlite
        .selectFrom('hone_trial_owners')
        .innerJoin('trials', 'trials.trial_id', 'hone_trial_owners.trial_id')
        .select(['trials.trial_id', 'study_id', 'host', 'pid', 'process_start_ms'])
        .where('state', '=', 'RUNNING')
        .orderBy('trials.trial_id');
      return session.all(query).map((row) => ({
        trialId: row.trial_id,
        studyId: row.study_id,
        owner: { host: row.host, pid: row.pid, processStartMs: row.process_start_ms },
      }));
    });
  }

  async releaseTrial(trialId: number, owner?: TrialOwner): Promise<boolean> {
    return this.#database.write((session) => {
      if (readTrialHead(session, trialId).state !== 'RUNNING') return false;
      if (owner !== undefined && !isOwnedBy(session, trialId, owner)) return false;
      writeState(session, trialId, 'WAITING');
      deleteOwner(session, trialId);
      return true;
    });
  }

  async reportEpoch(trialId: number, value: number, record: EpochRecord): Promise<void> {
    checkStep(record.epoch);
    await this.#database.write((session) => {
      readUnfinishedHead(session, trialId);
      migrateHoneTables(session);
      writeIntermediateValue(session, trialId, record.epoch, value);
      session.run(
        sqlite
          .insertInto('hone_epochs')
          .values({
            trial_id: trialId,
            epoch: record.epoch,
            metrics_json: toPythonJson(record.metrics),
          })
          .onConflict((on) => on.columns(['trial_id', 'epoch']).doNothing()),
      );
    });
  }

  async getEpochs(trialId: number): Promise<EpochRecord[]> {
    return this.#database.read((session) => {
      readTrialHead(session, trialId);
      if (!hasHoneTables(session)) return [];
      const query = sqlite
        .selectFrom('hone_epochs')
        .select(['epoch', 'metrics_json'])
        .where('trial_id', '=', trialId)
        .orderBy('epoch');
      return session.all(query).map((row) => ({
        epoch: row.epoch,
        metrics: parsePythonJson(row.metrics_json) as JsonObject,
      }));
    });
  }

  async appendTrialLog(trialId: number, line: string): Promise<void> {
    await this.#database.write((session) => {
      readTrialHead(session, trialId);
      migrateHoneTables(session);
      session.run(
        sqlite.insertInto('hone_trial_logs').values({ trial_id: trialId, at_ms: Date.now(), line }),
      );
    });
  }

  async getTrialLog(trialId: number): Promise<Array<{ at: Date; line: string }>> {
    return this.#database.read((session) => {
      readTrialHead(session, trialId);
      if (!hasHoneTables(session)) return [];
      const query = sqlite
        .selectFrom('hone_trial_logs')
        .select(['at_ms', 'line'])
        .where('trial_id', '=', trialId)
        .orderBy('log_id');
      return session.all(query).map((row) => ({ at: new Date(row.at_ms), line: row.line }));
    });
  }

  async setRunStatus(studyId: number, status: RunStatus['status'], reason: string | null): Promise<void> {
    await this.#database.write((session) => {
      requireStudy(session, studyId);
      migrateHoneTables(session);
      const columns = { status, reason, updated_at_ms: Date.now() };
      session.run(
        sqlite
          .insertInto('hone_run_status')
          .values({ study_id: studyId, ...columns })
          .onConflict((on) => on.column('study_id').doUpdateSet(columns)),
      );
    });
  }

  async getRunStatus(studyId: number): Promise<RunStatus | null> {
    return this.#database.read((session) => {
      requireStudy(session, studyId);
      if (!hasHoneTables(session)) return null;
      const query = sqlite
        .selectFrom('hone_run_status')
        .select(['status', 'reason', 'updated_at_ms'])
        .where('study_id', '=', studyId);
      const row = session.first(query);
      if (row === undefined) return null;
      const status = row.status as RunStatus['status'];
      return { status, reason: row.reason, updatedAt: new Date(row.updated_at_ms) };
    });
  }
}
