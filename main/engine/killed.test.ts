import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import { recoverTrials } from './recovery.ts';
import type { RunEvent, RunRequest } from './run-contract.ts';
import { killChildTrainers, RunUnderTest } from './study-run.fixture.ts';

/** Suggestions of TPE itself, and complete and pruned trials. */
const STUDY = {
  nTrials: 12,
  sampler: { name: 'tpe', options: { nStartupTrials: 4 } },
  pruner: { name: 'median', options: { nStartupTrials: 2 } },
} as const;
/** Long enough a step that most kills meet a trainer in the middle of an epoch. */
const SCRIPT = { stepMs: 4 };

const started = new Set<ChildProcess>();
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
});

/** An engine in a process of its own; resolves with true where it came to its end before it was killed. */
async function runAndKill(request: RunRequest, killAfterEvents: number, delayMs: number): Promise<boolean> {
  const child = fork(fileURLToPath(new URL('./run-study-process.fixture.ts', import.meta.url)), {
    execArgv: [],
    env: {
      ...process.env,
      HONE_RUN_REQUEST: JSON.stringify(request),
      HONE_SCRIPTED_TRAINER: JSON.stringify(SCRIPT),
    },
  });
  started.add(child);
  return new Promise((resolve, reject) => {
    let events = 0;
    child.on('message', (event: RunEvent) => {
      if (event.type === 'dataset-progress' || ++events !== killAfterEvents) return;
      void sleep(delayMs).then(() => child.kill('SIGKILL'));
    });
    child.on('close', (code, signal) => {
      started.delete(child);
      if (signal === 'SIGKILL' || code === 0) resolve(code === 0);
      else reject(new Error(`the engine ended with code ${code} and signal ${signal}`));
    });
  });
}

/** What another command that opens the file sees and does: it is sound, and nothing looks RUNNING that is not. */
async function openAsAnotherCommand(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const storage = await SqliteStorage.open(file, { mode: 'existing' });
  try {
    await recoverTrials(storage, storage.runRecords);
    for (const { studyId } of await storage.getAllStudies()) {
      expect(await storage.getAllTrials(studyId, ['RUNNING'])).toEqual([]);
    }
  } finally {
    await storage.close();
  }
}

describe('killed with SIGKILL', () => {
  test('the whole engine ten times at random moments, the study ends as the uninterrupted one', async () => {
    using whole = await RunUnderTest.make(STUDY);
    using killed = await RunUnderTest.make(STUDY);
    await whole.run();
    const moments: string[] = [];
    let ended = false;
    for (let kill = 0; kill < 10 && !ended; kill++) {
      const events = 1 + Math.floor(Math.random() * 14);
      const delayMs = Math.random() * 25;
      moments.push(`${delayMs.toFixed(1)} ms after event ${events}`);
      ended = await runAndKill(killed.request, events, delayMs);
      await openAsAnotherCommand(killed.request.storageFile);
    }
    const result = await killed.run();
    expect(result.outcome).toBe('finished');
    // The moments are shown where this fails.
    expect({ moments, trials: await killed.outcomes() }).toEqual({ moments, trials: await whole.outcomes() });
    expect((await killed.read()).status?.status).toBe('finished');
  });

  test('trainers at random moments, the study ends as the uninterrupted one', async () => {
    using whole = await RunUnderTest.make(STUDY);
    using killed = await RunUnderTest.make(STUDY);
    await whole.run();
    killed.script(SCRIPT);
    const run = killed.start();
    let isOver = false;
    const over = run.result.finally(() => {
      isOver = true;
    });
    let kills = 0;
    for (let epoch = 0; kills < 8; epoch++) {
      await Promise.race([killed.nextEvent('trial-reported'), over]);
      if (isOver) break;
      // A trial that finishes an epoch between two kills is never taken for one that cannot go on.
      await sleep(Math.random() * 20);
      kills += killChildTrainers();
    }
    expect((await over).outcome).toBe('finished');
    expect(kills).toBeGreaterThan(2);
    expect(await killed.outcomes()).toEqual(await whole.outcomes());
  });

  test('with several jobs nothing is lost and no number is given twice', async () => {
    using killed = await RunUnderTest.make({ ...STUDY, jobs: 3 });
    for (let kill = 0; kill < 3; kill++) {
      await runAndKill(killed.request, 4 + Math.floor(Math.random() * 20), Math.random() * 25);
      await openAsAnotherCommand(killed.request.storageFile);
    }
    expect((await killed.run()).outcome).toBe('finished');
    const { trials, epochs } = await killed.read();
    expect(trials.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(new Set(trials.map(({ state }) => state))).toEqual(new Set(['COMPLETE', 'PRUNED']));
    for (const [number, trial] of trials.entries()) {
      expect(epochs[number]?.map(({ epoch }) => epoch)).toEqual([...trial.intermediateValues.keys()]);
    }
  });
});
