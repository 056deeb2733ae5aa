/**
 * What storing costs: loading a study, listing studies, and the writes of a trial, beside Optuna on the same file.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '../../e2e/fixtures/find-python.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import type { TrialParam } from './base.ts';
import { SqliteStorage } from './rdb/sqlite-storage.ts';

const OPTUNA_SIDE = join(import.meta.dirname, 'rdb/interop/fixtures/optuna_side.py');
const STUDY = 'bench';
const N_PARAMS = 10;
const N_REPORTS = 20;
const N_TRIALS_WRITTEN = 20;
/** Optuna needs two seconds to load 1,000 trials of this shape, and more than twenty for 10,000. */
const N_TRIALS_OF_OPTUNA = 1000;

const DISTRIBUTION = new FloatDistribution(0, 1);

/** Seconds. */
interface Timings {
  readonly load: number;
  readonly summaries: number;
  readonly trial: number;
}

/** Prints the timings of both, and their ratio. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hone-bench-'));
  try {
    const python = findPython('optuna');
    for (const nTrials of [N_TRIALS_OF_OPTUNA, 10_000]) {
      const file = join(folder, `${nTrials}.db`);
      await fill(file, nTrials);
      const here = await measureHere(file);
      const compared = python !== null && nTrials <= N_TRIALS_OF_OPTUNA;
      const there = compared ? measureOptuna(python, file) : null;
      console.log(`\n${nTrials} trials of ${N_PARAMS} parameters and ${N_REPORTS} reports`);
      print('load all trials', here.load, there?.load);
      print('list the studies', here.summaries, there?.summaries);
      print('the writes of one trial', here.trial, there?.trial);
      print('load again, as every ask does', here.again);
    }
    if (python === null) console.log('\nOptuna is not installed, so there is nothing to compare with.');
  } finally {
    await rm(folder, { recursive: true });
  }
}

function print(what: string, ours: number, optunas?: number): void {
  const beside =
    optunas === undefined ? '' : `   Optuna ${milliseconds(optunas)}   ratio ${(ours / optunas).toFixed(3)}`;
  console.log(`  ${what.padEnd(30)} ${milliseconds(ours)}${beside}`);
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(2).padStart(9)} ms`;
}

/** Fills a file with finished trials; nothing here is measured. */
async function fill(file: string, nTrials: number): Promise<void> {
  const storage = await SqliteStorage.open(file);
  const studyId = await storage.createStudy(['minimize'], STUDY);
  const distributions = new Map(randomParams().map((param) => [param.name, param.distribution]));
  for (let number = 0; number < nTrials; number += 1) {
    await storage.createTrial(studyId, {
      state: 'COMPLETE',
      values: [Math.random()],
      params: Object.fromEntries(randomParams().map((param) => [param.name, param.internalValue])),
      distributions,
      intermediateValues: new Map(Array.from({ length: N_REPORTS }, (_, step) => [step, Math.random()])),
      userAttrs: {},
      systemAttrs: {},
      datetimeStart: new Date(),
      datetimeComplete: new Date(),
    });
  }
  await storage.close();
}

function randomParams(): TrialParam[] {
  return Array.from({ length: N_PARAMS }, (_, index) => ({
    name: `param ${index}`,
    internalValue: Math.random(),
    distribution: DISTRIBUTION,
  }));
}

async function measureHere(file: string): Promise<Timings & { again: number }> {
  const storage = await SqliteStorage.open(file);
  const studyId = await storage.getStudyIdFromName(STUDY);
  const load = await seconds(() => storage.getAllTrials(studyId));
  const summaries = await seconds(() => storage.getStudySummaries());
  const trial = await seconds(async () => {
    for (let count = 0; count < N_TRIALS_WRITTEN; count += 1) await writeTrial(storage, studyId);
  });
  await storage.getAllTrials(studyId);
  await storage.createTrial(studyId);
  const again = await seconds(() => storage.getAllTrials(studyId));
  await storage.close();
  return { load, summaries, trial: trial / N_TRIALS_WRITTEN, again };
}

async function writeTrial(storage: SqliteStorage, studyId: number): Promise<void> {
  const { trialId } = await storage.createTrial(studyId);
  await storage.setTrialParams(trialId, randomParams());
  for (let step = 0; step < N_REPORTS; step += 1)
    await storage.setTrialIntermediateValue(trialId, step, Math.random());
  await storage.setTrialStateValues(trialId, 'COMPLETE', [Math.random()]);
}

function measureOptuna(python: string, file: string): Timings {
  const output = execFileSync(python, [OPTUNA_SIDE, 'measure', file, STUDY, String(N_TRIALS_WRITTEN)]);
  return JSON.parse(output.toString()) as Timings;
}

async function seconds(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}
