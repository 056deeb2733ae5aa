import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHone, startHone, succeeded } from './hone-process.ts';
import { readTrials } from './read-trials.ts';
import { makeWorkplace, type Workplace } from './workplace.ts';

/** How often the study is killed before it may finish. */
const KILLS = 5;
/** Kills fall anywhere between the start of the process and well into the trials. */
const LONGEST_LIFE_MS = 2500;
const SOUND = { integrity: 'ok', running: 0 };
const SCRIPT = { stepMs: 8, stepsPerEpoch: 5 };

let place: Workplace;

beforeAll(async () => {
  place = await makeWorkplace();
});

afterAll(async () => {
  await place.remove();
});

function tuneArgs(name: string): string[] {
  const size = ['--trials', '12', '--epochs', '5', '--jobs', '1', '--seed', '11'];
  return ['tune', place.images, '--storage', place.file(`${name}.db`), '--study', 's', ...size];
}

it('killed at any moments, the same command ends in the same study', async () => {
  const env = place.scriptedEnv(SCRIPT);
  const uninterrupted = runHone(tuneArgs('uninterrupted'), { env });
  const livesMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const lifeMs = Math.round(Math.random() * LONGEST_LIFE_MS);
    livesMs.push(lifeMs);
    const run = startHone(tuneArgs('killed'), { env });
    await Promise.race([setTimeout(lifeMs), run.ended]);
    run.child.kill('SIGKILL');
    await run.ended;
    const faults = await faultsOf(place.file('killed.db'));
    expect({ livesMs, ...faults }).toEqual({ livesMs, ...SOUND });
  }
  succeeded(await runHone(tuneArgs('killed'), { env }));
  succeeded(await uninterrupted);
  const expected = await readTrials(place.file('uninterrupted.db'));
  expect(expected).toHaveLength(12);
  expect(new Set(expected.map(({ state }) => state))).toEqual(new Set(['COMPLETE', 'PRUNED']));
  const trials = await readTrials(place.file('killed.db'));
  expect({ livesMs, trials }).toEqual({ livesMs, trials: expected });
});

/** What SQLite finds wrong with a file, and how many trials of it are RUNNING to a reader. */
async function faultsOf(file: string): Promise<{ integrity: string; running: number }> {
  if (!existsSync(file)) return SOUND;
  const database = new Database(file);
  const integrity = String(database.pragma('integrity_check', { simple: true }));
  const hasStudies =
    database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'studies'").get() !== undefined;
  database.close();
  if (!hasStudies) return { integrity, running: 0 };
  const { stdout } = succeeded(await runHone(['studies', '--storage', file, '--json'], { env: place.env }));
  const studies = JSON.parse(stdout) as Array<{ statistics: { running: number } }>;
  return { integrity, running: studies.reduce((sum, { statistics }) => sum + statistics.running, 0) };
}
