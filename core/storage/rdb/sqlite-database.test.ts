import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  canHavePermissions,
  canMountInNamespace,
  withPermissions,
} from '../../../e2e/fixtures/system-permissions.ts';
import { NotFoundError } from '../../base/errors.ts';
import { toStorageError } from './sqlite-errors.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const OPEN_AND_WRITE = join(import.meta.dirname, 'fixtures/open-and-write.ts');
const COUNT_TRIALS = join(import.meta.dirname, 'fixtures/count-trials.ts');

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hone-sqlite-'));
  file = join(folder, 'study.db');
});
afterEach(() => rm(folder, { recursive: true }));

async function makeFile(): Promise<void> {
  const storage = await SqliteStorage.open(file);
  const studyId = await storage.createStudy(['minimize'], 'study');
  for (let count = 0; count < 50; count += 1) {
    const { trialId } = await storage.createTrial(studyId);
    await storage.setTrialUserAttr(trialId, 'note', 'x'.repeat(1000));
  }
  await storage.close();
}

function change(sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

function digest(): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

describe('a database file', () => {
  it('is made with a write-ahead log and the versions of Optuna 4.1', async () => {
    await makeFile();
    const database = new Database(file);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.prepare('SELECT * FROM alembic_version').raw().all()).toEqual([['v3.2.0.a']]);
    expect(database.prepare('SELECT * FROM version_info').raw().all()).toEqual([[1, 12, '4.1.0']]);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });

  it('stands alone when it is closed', async () => {
    await makeFile();
    expect(readdirSync(folder)).toEqual(['study.db']);
  });

  it('gets what is missing, as Optuna does', async () => {
    await makeFile();
    change('DROP TABLE trial_heartbeats; DELETE FROM version_info; DROP TABLE alembic_version');
    await (await SqliteStorage.open(file, { mode: 'existing' })).close();
    const database = new Database(file, { readonly: true });
    expect(database.prepare('SELECT version_num FROM alembic_version').pluck().all()).toEqual(['v3.2.0.a']);
    expect(database.prepare('SELECT schema_version FROM version_info').pluck().all()).toEqual([12]);
    expect(database.prepare('SELECT * FROM trial_heartbeats').all()).toEqual([]);
    database.close();
  });

  it.each([
    ["UPDATE alembic_version SET version_num = 'v9.0.0.a'", /study\.db.*'v9\.0\.0\.a'/],
    ['UPDATE version_info SET schema_version = 13', /study\.db.*version 13/],
    ["INSERT INTO alembic_version VALUES ('other')", /study\.db.*'other'/],
  ])('of an unknown version stays as it is: %s', async (sql, message) => {
    await makeFile();
    change(`PRAGMA journal_mode = DELETE; ${sql}`);
    const before = digest();
    for (const mode of ['create', 'existing', 'read-only'] as const) {
      const opened = SqliteStorage.open(file, { mode });
      await expect(opened).rejects.toMatchObject({
        reason: 'version',
        message: expect.stringMatching(message),
      });
    }
    expect(digest()).toBe(before);
    expect(readdirSync(folder)).toEqual(['study.db']);
  });

  it('is not made where it should exist', async () => {
    await expect(SqliteStorage.open(file, { mode: 'existing' })).rejects.toThrow(NotFoundError);
    await expect(SqliteStorage.open(file, { mode: 'read-only' })).rejects.toThrow(NotFoundError);
    await expect(SqliteStorage.open(join(folder, 'no/study.db'))).rejects.toThrow(NotFoundError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['text that is no database, but long enough to be taken for one. '.repeat(200), 'short', ''])(
    'is not one because it is there',
    async (content) => {
      writeFileSync(file, content);
      const opened = SqliteStorage.open(file, { mode: 'existing' });
      await expect(opened).rejects.toMatchObject({ reason: 'not-a-database', message: /study\.db/ });
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );

  it('is no folder, and no database of another program', async () => {
    await expect(SqliteStorage.open(folder)).rejects.toMatchObject({ reason: 'not-a-database' });
    change('CREATE TABLE bookmarks (url TEXT)');
    const before = digest();
    await expect(SqliteStorage.open(file)).rejects.toMatchObject({ reason: 'not-a-database' });
    expect(digest()).toBe(before);
  });

  it('that is damaged says so and is not written to', async () => {
    await makeFile();
    const pages = statSync(file).size / 4096;
    const content = readFileSync(file);
    // The first page stays: with it broken the file would not be taken for a database.
    content.fill(0xa5, 4096 * Math.floor(pages / 4), 4096 * Math.floor(pages / 2));
    writeFileSync(file, content);
    const storage = await SqliteStorage.open(file, { mode: 'read-only' });
    const studyId = await storage.getStudyIdFromName('study');
    const read = storage.getAllTrials(studyId);
    await expect(read).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringMatching(/study\.db/),
    });
    await storage.close();
  });

  it('that was cut off is damaged', async () => {
    await makeFile();
    truncateSync(file, 4096 * 3);
    const opened = SqliteStorage.open(file).then((storage) => storage.getAllStudies());
    await expect(opened).rejects.toMatchObject({ reason: 'damaged' });
  });
});

describe('reading only', () => {
  it.each(['DELETE', 'WAL'])('changes nothing in a file with journal mode %s', async (journalMode) => {
    await makeFile();
    change(`PRAGMA journal_mode = ${journalMode}`);
    const before = digest();
    const storage = await SqliteStorage.open(file, { mode: 'read-only' });
    const studyId = await storage.getStudyIdFromName('study');
    expect(await storage.getAllTrials(studyId)).toHaveLength(50);
    expect(await storage.getStudySummaries()).toHaveLength(1);
    expect(await storage.runRecords.getRunStatus(studyId)).toBeNull();
    await expect(storage.createTrial(studyId)).rejects.toMatchObject({ reason: 'permission' });
    await storage.close();
    expect(digest()).toBe(before);
    expect(readdirSync(folder)).toEqual(['study.db']);
  });

  it('sees what another program writes meanwhile', async () => {
    await makeFile();
    const reader = await SqliteStorage.open(file, { mode: 'read-only' });
    const writer = await SqliteStorage.open(file);
    const studyId = await writer.getStudyIdFromName('study');
    expect(await reader.getAllTrials(studyId)).toHaveLength(50);
    await writer.createTrial(studyId);
    expect(await reader.getAllTrials(studyId)).toHaveLength(51);
    await writer.close();
    await reader.close();
    expect(readdirSync(folder)).toEqual(['study.db']);
  });
});

describe('what the system refuses', () => {
  const run = promisify(execFile);

  it.runIf(canHavePermissions)('is said where permission is missing', async () => {
    await makeFile();
    chmodSync(file, 0o444);
    chmodSync(folder, 0o755);
    const { stdout } = await run(...withPermissions(process.execPath, [OPEN_AND_WRITE, file, '1']));
    expect(JSON.parse(stdout)).toMatchObject({
      reason: 'permission',
      message: expect.stringMatching(/study\.db/),
    });
    const missing = join(folder, 'read-only-folder');
    await mkdir(missing, { mode: 0o555 });
    const made = await run(
      ...withPermissions(process.execPath, [OPEN_AND_WRITE, join(missing, 'new.db'), '1']),
    );
    expect(JSON.parse(made.stdout)).toMatchObject({ reason: 'permission' });
  });

  it.runIf(canHavePermissions)('does not keep a file on a read-only disk from being read', async () => {
    await makeFile();
    chmodSync(file, 0o444);
    chmodSync(folder, 0o555);
    const { stdout } = await run(...withPermissions(process.execPath, [COUNT_TRIALS, file]));
    chmodSync(folder, 0o755);
    expect(stdout).toBe('50\n');
  });

  it.runIf(canMountInNamespace)(
    'is said with bytes where the disk is full, and writing carries on after it',
    async () => {
      const script = [
        'mount -t tmpfs -o size=4m none "$1"',
        'dd if=/dev/zero of="$1/ballast" bs=1k count=2560 status=none',
        'exec "$2" "$3" "$1/study.db" 24 "$1/ballast"',
      ].join(' && ');
      const { stdout } = await run('unshare', [
        '-rm',
        'sh',
        '-c',
        script,
        'sh',
        folder,
        process.execPath,
        OPEN_AND_WRITE,
      ]);
      const outcome = JSON.parse(stdout);
      expect(outcome).toMatchObject({ written: 24, kept: 24, reason: 'disk-full' });
      expect(outcome.message).toMatch(/study\.db: at least [\d,]+ bytes are needed, [\d,]+ bytes are free/);
    },
  );

  it('is told apart: a full file', async () => {
    const database = new Database(file);
    database.exec('CREATE TABLE content (text TEXT); PRAGMA max_page_count = 3');
    let full: unknown;
    try {
      database.prepare('INSERT INTO content VALUES (?)').run('x'.repeat(100_000));
    } catch (error) {
      full = error;
    }
    database.close();
    expect(toStorageError(full, file)).toMatchObject({ reason: 'disk-full', cause: full });
    const other = new Error('of somebody else');
    expect(toStorageError(other, file)).toBe(other);
  });
});
