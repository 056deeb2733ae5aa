import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStorage } from './sqlite-storage.ts';

const HOLD_LOCK = join(import.meta.dirname, 'fixtures/hold-lock.ts');

describe('a file that another program has locked', () => {
  let folder: string;
  let file: string;
  let holder: ChildProcess | null = null;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hone-lock-'));
    file = join(folder, 'study.db');
  });
  afterEach(async () => {
    holder?.kill('SIGKILL');
    holder = null;
    await rm(folder, { recursive: true });
  });

  async function lock(): Promise<{
    pid: number | undefined;
    release: () => void;
    released: Promise<unknown>;
  }> {
    const child = spawn(process.execPath, [HOLD_LOCK, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    holder = child;
    await once(child.stdout, 'data');
    const released = once(child, 'exit');
    return { pid: child.pid, release: () => child.stdin.end(), released };
  }

  it('is waited for with the event loop free, and who may hold it is said once', async () => {
    const messages: string[] = [];
    let ready = 0;
    const waiting = Promise.withResolvers<void>();
    const storage = await SqliteStorage.open(file, {
      reportAfterMs: 20,
      onWaiting: (message) => {
        messages.push(message);
        waiting.resolve();
      },
      onReady: () => {
        ready += 1;
      },
    });
    const studyId = await storage.createStudy(['minimize'], 'study');
    const held = await lock();
    const written = [1, 2, 3].map((value) => storage.setStudyUserAttr(studyId, 'key', value));
    await waiting.promise;
    // Reading needs no lock, and other work goes on.
    expect((await storage.getStudy(studyId)).userAttrs).toEqual({});
    await nextTurn();
    expect(ready).toBe(0);
    held.release();
    await Promise.all(written);
    expect((await storage.getStudy(studyId)).userAttrs).toEqual({ key: 3 });
    expect(ready).toBe(1);
    expect(messages).toHaveLength(1);
    const who = process.platform === 'linux' ? `(pid ${held.pid})` : '';
    expect(messages[0]).toMatch(/^study\.db is locked by another program/);
    expect(messages[0]).toContain(who);
    await storage.close();
  });

  it('is given up after a time where one is set', async () => {
    const storage = await SqliteStorage.open(file, { maxWaitMs: 30 });
    const studyId = await storage.createStudy(['minimize'], 'study');
    const held = await lock();
    const written = storage.setStudyUserAttr(studyId, 'key', 1);
    await expect(written).rejects.toMatchObject({
      reason: 'locked',
      message: expect.stringMatching(/study\.db/),
    });
    held.release();
    await held.released;
    await storage.setStudyUserAttr(studyId, 'key', 2);
    await storage.close();
  });

  it('is given up when the user wants to leave', async () => {
    const leaving = new AbortController();
    const storage = await SqliteStorage.open(file, {
      reportAfterMs: 20,
      onWaiting: () => leaving.abort(),
      signal: leaving.signal,
    });
    const studyId = await storage.createStudy(['minimize'], 'study');
    const held = await lock();
    const written = storage.setStudyUserAttr(studyId, 'key', 1);
    await expect(written).rejects.toMatchObject({ reason: 'locked' });
    expect((await storage.getStudy(studyId)).userAttrs).toEqual({});
    held.release();
    await held.released;
    await storage.close();
  });

  it('is waited for while it is opened', async () => {
    await (await SqliteStorage.open(file)).close();
    // As Python leaves it: here a writer keeps readers out as well.
    const database = new Database(file);
    database.pragma('journal_mode = DELETE');
    database.close();
    const held = await lock();
    const waiting = Promise.withResolvers<void>();
    const opened = SqliteStorage.open(file, { reportAfterMs: 20, onWaiting: () => waiting.resolve() });
    await waiting.promise;
    held.release();
    const storage = await opened;
    expect(await storage.getAllStudies()).toEqual([]);
    await storage.close();
  });

  it('is closed only when the writes that wait are done', async () => {
    const storage = await SqliteStorage.open(file);
    const studyId = await storage.createStudy(['minimize'], 'study');
    const held = await lock();
    const written = storage.setStudyUserAttr(studyId, 'key', 'written');
    const closed = storage.close();
    await expect(storage.createTrial(studyId)).rejects.toMatchObject({ reason: 'io' });
    held.release();
    await Promise.all([written, closed]);
    const reopened = await SqliteStorage.open(file);
    expect((await reopened.getStudy(studyId)).userAttrs).toEqual({ key: 'written' });
    await reopened.close();
  });
});
