import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { RunUnderTest } from './study-run.fixture.ts';

/** Holds the write lock of a database for some seconds, as another program would; its exit gives it back. */
const LOCK_HOLDER = `
import Database from 'better-sqlite3';
const database = new Database(process.argv[1]);
database.exec('BEGIN IMMEDIATE');
process.stdout.write('locked');
setTimeout(() => { database.exec('COMMIT'); database.close(); }, Number(process.argv[2]));
`;

/** Another process that holds the lock; resolves when it does. */
async function lockFile(file: string, durationMs: number): Promise<ChildProcess> {
  const args = ['--input-type=module', '-e', LOCK_HOLDER, file, String(durationMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** How long the other program holds the file; the promise is 20 s. */
const LOCK_MS = Number(process.env['HONE_TEST_LOCK_MS'] ?? 4000);

describe('a database that another program has locked', () => {
  test('costs waiting and nothing else', async () => {
    using whole = await RunUnderTest.make({ nTrials: 3 });
    using run = await RunUnderTest.make({ nTrials: 3 });
    await whole.run();
    const started = run.start();
    await run.nextEvent('trial-reported', ({ number }) => number === 1);
    const holder = await lockFile(run.request.storageFile, LOCK_MS);
    const released = once(holder, 'close');
    const waiting = await run.nextEvent('storage-waiting');
    expect(waiting.message).toMatch(/library\.db is locked by another program/);
    // The engine is not blocked while it waits: it could tell while the lock was held.
    expect(holder.exitCode).toBeNull();
    expect((await started.result).outcome).toBe('finished');
    // The other program was waited for to its own end.
    expect(await released).toEqual([0, null]);
    expect(run.eventsOf('storage-ready').length).toBe(run.eventsOf('storage-waiting').length);
    expect(run.eventsOf('trial-waiting')).toEqual([]);
    expect(await run.outcomes()).toEqual(await whole.outcomes());
  });

  test('is left by a user who stops at once, and its trial is taken back by the next start', async () => {
    using run = await RunUnderTest.make({ nTrials: 2 });
    const started = run.start();
    await run.nextEvent('trial-reported');
    const holder = await lockFile(run.request.storageFile, 60_000);
    await run.nextEvent('storage-waiting');
    started.interrupt();
    started.interruptNow();
    expect((await started.result).outcome).toBe('interrupted');
    holder.kill('SIGKILL');
    await once(holder, 'close');
    const { trials } = await run.read();
    expect(trials.at(-1)?.state).toBe('RUNNING');
    expect((await run.run()).outcome).toBe('finished');
    expect((await run.read()).trials.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE']);
  });
});

/** A disk of its own in memory; unmounted at the end. */
class SmallDisk implements Disposable {
  readonly folder: string;

  constructor(sizeMb: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'hone-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', this.folder]);
  }

  /** Fill the disk to its last byte. @returns the file that does it. */
  fill(): string {
    const file = join(this.folder, 'filler');
    for (let sizeBytes = 1024 * 1024; sizeBytes >= 1; ) {
      try {
        appendFileSync(file, Buffer.alloc(sizeBytes));
      } catch {
        sizeBytes = Math.floor(sizeBytes / 2);
      }
    }
    return file;
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}

/** Mounting takes root; where it does not work the suite is skipped, which CI counts as a failure. */
function canMount(): boolean {
  try {
    new SmallDisk(1)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount() && process.env['CI'] === undefined)(
  'a disk that is full (needs root to mount a small one)',
  () => {
    test.each([1, 2])('pauses the study with its reason and a sound file, with %i jobs', async (jobs) => {
      using disk = new SmallDisk(8);
      using whole = await RunUnderTest.make({ nTrials: 4 });
      using run = await RunUnderTest.make({ nTrials: 4, storageFile: join(disk.folder, 'library.db') });
      await whole.run();
      const started = run.start({ jobs });
      let filler = '';
      run.onEvent((event) => {
        if (event.type === 'trial-reported' && event.number === 1 && event.epoch === 0) filler = disk.fill();
      });
      const result = await started.result;
      expect(result.outcome).toBe('paused');
      expect(result.reason).toMatch(/no space|full/i);
      const database = new Database(run.request.storageFile, { readonly: true });
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      database.close();
      rmSync(filler);
      const { trials, status } = await run.read();
      expect(trials.map(({ state }) => state)).not.toContain('RUNNING');
      expect(trials.map(({ state }) => state)).not.toContain('FAIL');
      expect(status).toMatchObject({ status: 'paused', reason: result.reason });

      expect((await run.run({ jobs: 1 })).outcome).toBe('finished');
      // Trials that ran at the same time were suggested by another history.
      const comparable = jobs === 1 ? 4 : 1;
      const outcomes = (await run.outcomes()).slice(0, comparable);
      expect(outcomes).toEqual((await whole.outcomes()).slice(0, comparable));
    });

    test('is found before anything is written', async () => {
      using disk = new SmallDisk(2);
      using run = await RunUnderTest.make({ storageFile: join(disk.folder, 'library.db') });
      await expect(run.run()).rejects.toThrow(/has 2\.1 MB free, but .* need 4\.2 MB/);
      expect(run.eventsOf('study-ready')).toEqual([]);
    });
  },
);
