import { NotFoundError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { FrozenTrial, StudyDirection, TrialState } from '../../study/frozen-trial.ts';
import { isFinished } from '../../study/frozen-trial.ts';
import type { FrozenStudy, Storage, StudySummary, TrialParam, TrialTemplate } from '../base.ts';
import { SqliteRunRecords } from '../run-records/sqlite-run-records.ts';
import {
  deleteOwner,
  deleteStudyRecords,
  deleteTrialRecords,
  writeOwner,
} from '../run-records/trial-owners.ts';
import type { RunRecords, TrialOwner } from '../run-records.ts';
import { checkNewStudy, checkObjectiveValues, checkStep } from '../trial-checks.ts';
import { STUDY_CHILD_TABLES, TRIAL_CHILD_TABLES } from './schema.ts';
import type { Session } from './session.ts';
import { SqliteDatabase, type SqliteOptions } from './sqlite-database.ts';
import {
  insertStudy,
  readStudies,
  readStudy,
  readStudyId,
  requireStudy,
  writeStudyAttrs,
} from './studies.ts';
import { readSummaries } from './study-summaries.ts';
import { sqlite } from './tables.ts';
import { TrialCache } from './trial-cache.ts';
import { TrialReader } from './trial-reader.ts';
import {
  insertTrial,
  readUnfinishedHead,
  writeIntermediateValue,
  writeParams,
  writeState,
  writeTemplate,
  writeTrialAttrs,
  writeValues,
} from './trial-writes.ts';

/** How to open a study file. */
export interface SqliteStorageOptions extends SqliteOptions {
  /**
   * Recorded as the owner of each trial in the transaction that makes it RUNNING, so that a process which is
   * killed at any moment leaves no trial of which nobody knows whose it was.
   */
  readonly owner?: TrialOwner;
}

/** Keeps studies in a file that Optuna reads and writes as well. Optuna: `RDBStorage` with `_CachedStorage`. */
export class SqliteStorage implements Storage {
  /** What Hone keeps beside Optuna's tables in the same file, over the same connection. */
  readonly runRecords: RunRecords;
  readonly #database: SqliteDatabase;
  readonly #owner: TrialOwner | null;
  readonly #reader = new TrialReader();
  readonly #cache = new TrialCache(this.#reader);
  readonly #parse = (json: string) => this.#reader.parseDistribution(json);

  private constructor(database: SqliteDatabase, owner: TrialOwner | null) {
    this.#database = database;
    this.#owner = owner;
    this.runRecords = new SqliteRunRecords(database);
  }

  /**
   * Open a file; what is thrown is said at {@link SqliteDatabase.open}.
   *
   * @throws {NotFoundError} where the file is missing. @throws {StorageError} in all other cases.
   */
  static async open(file: string, options: SqliteStorageOptions = {}): Promise<SqliteStorage> {
    return new SqliteStorage(await SqliteDatabase.open(file, options), options.owner ?? null);
  }

  /** Absolute path of the file. */
  get file(): string {
    return this.#database.file;
  }

  async createStudy(directions: readonly StudyDirection[], studyName: string): Promise<number> {
    checkNewStudy(studyName, directions);
    return this.#database.write((session) => {
      const studyId = insertStudy(session, studyName, directions);
      deleteStudyRecords(session, studyId);
      return studyId;
    });
  }

  async deleteStudy(studyId: number): Promise<void> {
    await this.#database.write((session) => {
      requireStudy(session, studyId);
      deleteStudyRecords(session, studyId);
      const trialIds = sqlite.selectFrom('trials').select('trial_id').where('study_id', '=', studyId);
      for (const table of TRIAL_CHILD_TABLES)
        session.run(sqlite.deleteFrom(table).where('trial_id', 'in', trialIds));
      for (const table of [...STUDY_CHILD_TABLES, 'trials', 'studies'] as const)
        session.run(sqlite.deleteFrom(table).where('study_id', '=', studyId));
    });
  }

  async getStudyIdFromName(studyName: string): Promise<number> {
    return this.#database.read((session) => readStudyId(session, studyName));
  }

  async getStudy(studyId: number): Promise<FrozenStudy> {
    return this.#database.read((session) => readStudy(session, studyId));
  }

  async getAllStudies(): Promise<FrozenStudy[]> {
    return this.#database.read((session) => readStudies(session));
  }

  async getStudySummaries(): Promise<StudySummary[]> {
    return this.#database.read(readSummaries);
  }

  async setStudyUserAttr(studyId: number, key: string, value: JsonValue): Promise<void> {
    await this.#database.write((session) => {
      requireStudy(session, studyId);
      writeStudyAttrs(session, 'study_user_attributes', studyId, { [key]: value });
    });
  }

  async setStudySystemAttr(studyId: number, key: string, value: JsonValue): Promise<void> {
    await this.#database.write((session) => {
      requireStudy(session, studyId);
      writeStudyAttrs(session, 'study_system_attributes', studyId, { [key]: value });
    });
  }

  async createTrial(studyId: number, template?: TrialTemplate): Promise<{ trialId: number; number: number }> {
    checkObjectiveValues(template?.values);
    return this.#database.write((session) => {
      requireStudy(session, studyId);
      const started = { state: 'RUNNING' as const, datetimeStart: new Date(), datetimeComplete: null };
      const created = insertTrial(session, studyId, template ?? started);
      const { trialId } = created;
      deleteTrialRecords(session, trialId);
      if (template !== undefined) writeTemplate(session, this.#parse, { studyId, trialId }, template);
      if ((template ?? started).state === 'RUNNING') this.#claim(session, trialId);
      return created;
    });
  }

  async popWaitingTrial(studyId: number): Promise<FrozenTrial | null> {
    return this.#database.write((session) => {
      requireStudy(session, studyId);
      const query = sqlite
        .selectFrom('trials')
        .select('trial_id')
        .where('study_id', '=', studyId)
        .where('state', '=', 'WAITING')
        .orderBy('trial_id')
        .limit(1);
      const trialId = session.first(query)?.trial_id;
      if (trialId === undefined) return null;
      writeState(session, trialId, 'RUNNING');
      this.#claim(session, trialId);
      return this.#readTrial(session, trialId);
    });
  }

  async setTrialParams(
    trialId: number,
    params: readonly TrialParam[],
    studySystemAttrs: JsonObject = {},
  ): Promise<void> {
    await this.#database.write((session) => {
      const { studyId } = readUnfinishedHead(session, trialId);
      writeParams(session, this.#parse, { studyId, trialId }, params);
      writeStudyAttrs(session, 'study_system_attributes', studyId, studySystemAttrs);
    });
  }

  async setTrialIntermediateValue(trialId: number, step: number, value: number): Promise<void> {
    checkStep(step);
    await this.#database.write((session) => {
      readUnfinishedHead(session, trialId);
      writeIntermediateValue(session, trialId, step, value);
    });
  }

  async setTrialStateValues(
    trialId: number,
    state: TrialState,
    values: readonly number[] | null = null,
    attrs: { readonly trialSystemAttrs?: JsonObject; readonly studySystemAttrs?: JsonObject } = {},
  ): Promise<boolean> {
    checkObjectiveValues(values);
    return this.#database.write((session) => {
      const head = readUnfinishedHead(session, trialId);
      if (state === 'RUNNING' && head.state !== 'WAITING') return false;
      writeState(session, trialId, state);
      if (state === 'RUNNING') this.#claim(session, trialId);
      if (state === 'WAITING' || isFinished(state)) deleteOwner(session, trialId);
      if (values !== null) writeValues(session, trialId, values);
      writeTrialAttrs(session, 'trial_system_attributes', trialId, attrs.trialSystemAttrs ?? {});
      writeStudyAttrs(session, 'study_system_attributes', head.studyId, attrs.studySystemAttrs ?? {});
      return true;
    });
  }

  async setTrialUserAttr(trialId: number, key: string, value: JsonValue): Promise<void> {
    await this.#database.write((session) => {
      readUnfinishedHead(session, trialId);
      writeTrialAttrs(session, 'trial_user_attributes', trialId, { [key]: value });
    });
  }

  async setTrialSystemAttr(trialId: number, key: string, value: JsonValue): Promise<void> {
    await this.#database.write((session) => {
      readUnfinishedHead(session, trialId);
      writeTrialAttrs(session, 'trial_system_attributes', trialId, { [key]: value });
    });
  }

  async getTrial(trialId: number): Promise<FrozenTrial> {
    return this.#database.read((session) => this.#readTrial(session, trialId));
  }

  async getAllTrials(studyId: number, states?: readonly TrialState[]): Promise<FrozenTrial[]> {
    const trials = await this.#database.read((session) => {
      requireStudy(session, studyId);
      return this.#cache.readAll(session, studyId);
    });
    return states === undefined ? [...trials] : trials.filter((trial) => states.includes(trial.state));
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #claim(session: Session, trialId: number): void {
    if (this.#owner !== null) writeOwner(session, trialId, this.#owner);
  }

  #readTrial(session: Session, trialId: number): FrozenTrial {
    const [trial] = this.#reader.read(session, { trialId });
    if (trial === undefined) throw new NotFoundError(`No trial has the id ${trialId}.`);
    return trial;
  }
}
