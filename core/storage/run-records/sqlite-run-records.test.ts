import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../../base/errors.ts';
import { SqliteStorage } from '../rdb/sqlite-storage.ts';
import { declareRunRecordsContract } from './run-records.contract.ts';

const OWNER = { host: 'here', pid: 1234, processStartMs: 1_795_000_000_000 };

declareRunRecordsContract('SqliteRunRecords', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hone-records-'));
  const file = join(folder, 'study.db');
  const storage = await SqliteStorage.open(file);
  const other = await SqliteStorage.open(file);
  return {
    storage,
    records: storage.runRecords,
    otherRecords: other.runRecords,
    close: async () => {
      await storage.close();
      await other.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('run records in a file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hone-records-'));
    file = join(folder, 'study.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  function tables(): string[] {
    const database = new Database(file, { readonly: true });
    const names = database.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'hone%'").pluck().all();
    database.close();
    return names as string[];
  }

  it('adds no table before there is something to keep', async () => {
    const storage = await SqliteStorage.open(file);
    const studyId = await storage.createStudy(['minimize'], 'study');
    const { trialId } = await storage.createTrial(studyId);
    await storage.setTrialStateValues(trialId, 'COMPLETE', [1]);
    await storage.runRecords.listOwners();
    expect(tables()).toEqual([]);
    await storage.runRecords.setRunStatus(studyId, 'finished', null);
    expect(tables()).toContain('hone_run_status');
    await storage.close();
  });

  it('knows the owner of a trial from the moment it runs', async () => {
    const storage = await SqliteStorage.open(file, { owner: OWNER });
    const studyId = await storage.createStudy(['minimize'], 'study');
    const created = await storage.createTrial(studyId);
    const owned = (trialId: number) => ({ trialId, studyId, owner: OWNER });
    expect(await storage.runRecords.listOwners()).toEqual([owned(created.trialId)]);
    await storage.runRecords.releaseTrial(created.trialId);
    expect(await storage.runRecords.listOwners()).toEqual([]);
    await storage.popWaitingTrial(studyId);
    expect(await storage.runRecords.listOwners()).toEqual([owned(created.trialId)]);
    await storage.close();
  });

  it('drops what Python has orphaned when a trial gets the id again', async () => {
    const storage = await SqliteStorage.open(file);
    const { trialId } = await storage.createTrial(await storage.createStudy(['minimize'], 'study'));
    await storage.runRecords.appendTrialLog(trialId, 'of the deleted trial');
    const python = new Database(file);
    python.exec(
      'PRAGMA foreign_keys = OFF; DELETE FROM trials; DELETE FROM study_directions; DELETE FROM studies',
    );
    python.close();
    const trial = await storage.createTrial(await storage.createStudy(['minimize'], 'study'));
    expect(trial.trialId).toBe(trialId);
    expect(await storage.runRecords.getTrialLog(trialId)).toEqual([]);
    await storage.close();
  });

  it('does not write to the tables of a newer version', async () => {
    const storage = await SqliteStorage.open(file);
    const studyId = await storage.createStudy(['minimize'], 'study');
    await storage.runRecords.setRunStatus(studyId, 'running', null);
    const newer = new Database(file);
    newer.prepare("INSERT INTO hone_migrations VALUES (99, 'later', 0)").run();
    newer.close();
    const written = storage.runRecords.setRunStatus(studyId, 'paused', null);
    await expect(written).rejects.toThrow(StorageError);
    await expect(written).rejects.toThrow(/version 99/);
    await storage.close();
  });
});
