import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithPython } from '../../../../e2e/fixtures/describe-with-python.ts';
import { CategoricalDistribution } from '../../../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../../../distributions/float-distribution.ts';
import { IntDistribution } from '../../../distributions/int-distribution.ts';
import type { TrialParam, TrialTemplate } from '../../base.ts';
import { SqliteStorage } from '../sqlite-storage.ts';
import { type DescribedStudy, describeTrial, runOptuna } from './fixtures/optuna-side.ts';

const RUN_TRIALS = join(import.meta.dirname, 'fixtures/run-trials.ts');

/**
 * Python commits eleven times a trial, and waiting for a disk each time would take most of a minute. Locks and
 * killed processes are the same here; what a disk loses with its power these tests could not show anyway.
 */
const MEMORY_DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const CHOICES = new CategoricalDistribution([null, true, false, 0.5, 2, 'é株🙂"\\', Number.NaN]);
const X = new FloatDistribution(0, 1);

/** Everything a trial may have that the two languages could see differently. */
const PARAMS: readonly TrialParam[] = [
  { name: 'zuletzt ö', internalValue: 0.1 + 0.2, distribution: X },
  { name: 'log', internalValue: 1.5e-5, distribution: new FloatDistribution(1e-5, 1e-1, { log: true }) },
  { name: 'grid', internalValue: 0.75, distribution: new FloatDistribution(0, 1, { step: 0.25 }) },
  { name: 'int', internalValue: -6, distribution: new IntDistribution(-9, 9, { step: 3 }) },
  { name: 'int log', internalValue: 1000, distribution: new IntDistribution(1, 1024, { log: true }) },
  { name: 'a', internalValue: 5, distribution: CHOICES },
];

describeWithPython('Optuna and Hone on one file', ['optuna'], (python) => {
  let folder: string;
  let file: string;
  let children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(MEMORY_DISK, 'hone-interop-'));
    file = join(folder, 'study.db');
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
    await rm(folder, { recursive: true });
  });

  /** Every study of the file as Hone reads it, in the form of Python's. */
  async function readHere(): Promise<DescribedStudy[]> {
    const storage = await SqliteStorage.open(file, { mode: 'read-only' });
    const studies: DescribedStudy[] = [];
    for (const { studyId, studyName, directions, userAttrs, systemAttrs } of await storage.getAllStudies()) {
      const trials = (await storage.getAllTrials(studyId)).map(describeTrial);
      studies.push({ studyName, directions, userAttrs, systemAttrs, trials });
    }
    await storage.close();
    return studies.sort((a, b) => (a.studyName < b.studyName ? -1 : 1));
  }

  async function readThere(
    ...command: Parameters<typeof runOptuna> extends [string, ...infer R] ? R : never
  ) {
    const studies = await runOptuna(python, ...command);
    return studies.sort((a, b) => (a.studyName < b.studyName ? -1 : 1));
  }

  it('Python reads, field by field, what Hone wrote, and carries it on', async () => {
    await writeEverything(file);
    const here = await readHere();
    expect(here.map((study) => study.studyName)).toEqual(['empty', 'five', 'größe 株 🙂']);
    expect(await readThere('dump', file)).toEqual(here);

    const there = await readThere('optimize', file, 'größe 株 🙂', '5');
    const after = await readHere();
    expect(dropMicroseconds(after)).toEqual(dropMicroseconds(there));
    // Python takes the two trials that wait, with the parameters that are fixed for them, then makes three.
    const before = here[2]?.trials.length ?? 0;
    const trials = after[2]?.trials ?? [];
    expect(trials).toHaveLength(before + 3);
    expect(trials.filter((trial) => trial.userAttrs['by'] === 'python')).toHaveLength(5);
    const fixed = trials.find((trial) => trial.systemAttrs['fixed_params'] !== undefined);
    expect(fixed?.params.slice(0, 1)).toEqual([['x', 'float', 0.125]]);
  });

  it('Hone reads, field by field, what Python wrote, and carries it on', async () => {
    const there = await readThere('make', file);
    expect(there).toHaveLength(3);
    expect(dropMicroseconds(await readHere())).toEqual(dropMicroseconds(there));

    const storage = await SqliteStorage.open(file, { mode: 'existing' });
    const studyId = await storage.getStudyIdFromName('von Python 🙂');
    const known = await storage.getAllTrials(studyId);
    const kind = known[0]?.distributions.get('kind');
    const queued = await storage.popWaitingTrial(studyId);
    expect(queued?.systemAttrs['fixed_params']).toEqual({ x: 0.75 });
    const trialId = queued?.trialId ?? -1;
    await storage.setTrialParams(trialId, [
      { name: 'kind', internalValue: 3, distribution: kind ?? CHOICES },
      { name: 'x', internalValue: 0.75, distribution: new FloatDistribution(0, 1) },
    ]);
    const refused = { name: 'kind', internalValue: 0, distribution: CHOICES };
    const { trialId: next, number } = await storage.createTrial(studyId);
    await expect(storage.setTrialParams(next, [refused])).rejects.toThrow(/dynamic value space/);
    await storage.runRecords.reportEpoch(next, 0.5, { epoch: 3, metrics: { loss: 1 } });
    await storage.setTrialStateValues(trialId, 'COMPLETE', [0.75]);
    await storage.close();
    expect(number).toBe(known.length);

    const after = await readThere('optimize', file, 'von Python 🙂', '1');
    const study = after.find(({ studyName }) => studyName === 'von Python 🙂');
    expect(study?.trials).toHaveLength(known.length + 2);
    // 1.0 among the choices stays a float, which only the text of the choices can tell.
    const continued = study?.trials.find((trial) => trial.trialId === trialId);
    expect(continued).toMatchObject({ state: 'COMPLETE', values: [0.75] });
    expect(continued?.params[0]).toEqual(['kind', 'float', 1]);
  });

  it('both at once lose nothing and give no number twice', async () => {
    await createStudy('both');
    const optimized = readThere('optimize', file, 'both', '200');
    await firstTrial('both');
    await Promise.all([optimized, ended(spawnTrials('both', 200, 10))]);
    const there = await readThere('dump', file);
    const trials = there[0]?.trials ?? [];
    expect(trials.map((trial) => trial.number)).toEqual([...Array(400).keys()]);
    for (const writer of ['hone', 'python'])
      expect(trials.filter((trial) => trial.userAttrs['by'] === writer)).toHaveLength(200);
    const changes = trials.filter(
      ({ userAttrs }, index) => trials[index - 1]?.userAttrs['by'] !== userAttrs['by'],
    );
    expect(changes.length).toBeGreaterThan(10);
    for (const trial of trials) {
      expect(trial).toMatchObject({ state: 'COMPLETE', intermediateValues: [[0, trial.params[0]?.[2]]] });
      expect(trial.params.map(([name]) => name)).toEqual(['x', 'y']);
    }
    expect(dropMicroseconds(await readHere())).toEqual(dropMicroseconds(there));
  });

  it('a writer killed at any moment leaves a valid file with everything it had finished', async () => {
    await createStudy('killed');
    let finished = 0;
    for (let round = 0; round < 8; round += 1) {
      const child = spawnTrials('killed', 100_000, 0);
      const numbers: string[] = [];
      child.stdout?.on('data', (chunk: Buffer) => numbers.push(chunk.toString()));
      await once(child.stdout ?? child, 'data');
      await delay(Math.random() * 60);
      child.kill('SIGKILL');
      await once(child, 'close');
      finished += numbers.join('').split('\n').length - 1;
      const database = new Database(file);
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(database.pragma('foreign_key_check')).toEqual([]);
      database.close();
    }
    const [study] = await readThere('dump', file);
    const trials = study?.trials ?? [];
    expect(trials.map((trial) => trial.number)).toEqual([...trials.keys()]);
    const complete = trials.filter((trial) => trial.state === 'COMPLETE');
    expect(complete.length).toBeGreaterThanOrEqual(finished);
    // A trial has both of its parameters or none, and its value together with its state.
    for (const trial of trials) expect([0, 2]).toContain(trial.params.length);
    for (const trial of trials) expect(trial.values !== null).toBe(trial.state === 'COMPLETE');
    // What was running has an owner by whom it can be found dead, however early the kill came.
    const running = trials.filter((trial) => trial.state === 'RUNNING').map((trial) => trial.trialId);
    const storage = await SqliteStorage.open(file);
    const owners = await storage.runRecords.listOwners();
    expect(owners.map(({ trialId }) => trialId)).toEqual(running);
    for (const { trialId, owner } of owners)
      expect(await storage.runRecords.releaseTrial(trialId, owner)).toBe(true);
    expect(await storage.getAllTrials(await storage.getStudyIdFromName('killed'), ['RUNNING'])).toEqual([]);
    await storage.close();
  });

  async function createStudy(name: string): Promise<void> {
    const storage = await SqliteStorage.open(file);
    await storage.createStudy(['minimize'], name);
    await storage.close();
  }

  /** Resolves when the study has a trial. */
  async function firstTrial(studyName: string): Promise<void> {
    const storage = await SqliteStorage.open(file);
    const studyId = await storage.getStudyIdFromName(studyName);
    while ((await storage.getAllTrials(studyId)).length === 0) await delay(10);
    await storage.close();
  }

  function spawnTrials(studyName: string, count: number, pauseMs: number): ChildProcess {
    const args = [RUN_TRIALS, file, studyName, String(count), String(pauseMs)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }
});

async function ended(child: ChildProcess): Promise<void> {
  child.stdout?.resume();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}

/** Dates here have milliseconds, Python's microseconds. */
function dropMicroseconds(studies: readonly DescribedStudy[]): unknown {
  return JSON.parse(
    JSON.stringify(studies, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ).replaceAll(
      /(\d\d:\d\d:\d\d)(?:\.(\d{3})\d{3})?"/g,
      (_match, time: string, milliseconds?: string) => `${time}.${milliseconds ?? '000'}"`,
    ),
  );
}

/** Three studies with trials in every state. */
async function writeEverything(file: string): Promise<void> {
  const storage = await SqliteStorage.open(file);
  const studyId = await storage.createStudy(['maximize'], 'größe 株 🙂');
  await storage.setStudyUserAttr(studyId, 'ключ', { list: [1, 2.5, null, true, 'é\u0001'], big: 2 ** 60 });
  await storage.setStudyUserAttr(studyId, 'not finite', [Number.NaN, Infinity, -Infinity]);
  await storage.setStudySystemAttr(studyId, 'study:metric_names', ['precision + recall']);

  const live = await storage.createTrial(studyId);
  await storage.setTrialParams(live.trialId, PARAMS.slice(0, 3), { 'hone:sampler': { position: 1 } });
  await storage.setTrialParams(live.trialId, PARAMS.slice(3), { 'hone:sampler': { position: 2 } });
  for (const [step, value] of [0.5, Number.NaN, Infinity, -Infinity, 1e-300].entries())
    await storage.setTrialIntermediateValue(live.trialId, step * 7, value);
  await storage.setTrialUserAttr(live.trialId, 'note', 'größer "als" \\');
  await storage.setTrialSystemAttr(live.trialId, 'constraints', [0.5, -1]);
  await storage.setTrialStateValues(live.trialId, 'COMPLETE', [0.1 + 0.2]);
  for (const [index] of CHOICES.choices.entries()) {
    const params = [{ name: 'a', internalValue: index, distribution: CHOICES }];
    await storage.setTrialParams((await storage.createTrial(studyId)).trialId, params);
  }
  const base: TrialTemplate = {
    state: 'WAITING',
    values: null,
    params: {},
    distributions: new Map(),
    intermediateValues: new Map(),
    userAttrs: {},
    systemAttrs: {},
    datetimeStart: null,
    datetimeComplete: null,
  };
  const times = {
    datetimeStart: new Date(2026, 2, 29, 12),
    datetimeComplete: new Date(2026, 2, 29, 12, 0, 1, 7),
  };
  await storage.createTrial(studyId, { ...base, systemAttrs: { fixed_params: { x: 0.125 } } });
  await storage.createTrial(studyId, { ...base, ...times, state: 'PRUNED', values: [-Infinity] });
  await storage.createTrial(studyId, { ...base, ...times, state: 'COMPLETE', values: [Infinity] });
  await storage.createTrial(studyId, { ...base, ...times, state: 'FAIL' });

  // Interrupted and put back: Python finds its parameters when it takes the trial.
  const released = await storage.createTrial(studyId);
  await storage.setTrialParams(released.trialId, [{ name: 'x', internalValue: 0.5, distribution: X }]);
  await storage.runRecords.claimTrial(released.trialId, { host: 'here', pid: 1, processStartMs: 0 });
  await storage.runRecords.releaseTrial(released.trialId);

  const fiveId = await storage.createStudy(
    ['minimize', 'maximize', 'minimize', 'minimize', 'maximize'],
    'five',
  );
  const values = [1, -Infinity, Infinity, 1e-300, -0.5];
  await storage.createTrial(fiveId, { ...base, ...times, state: 'COMPLETE', values });
  await storage.createStudy(['minimize'], 'empty');
  await storage.close();
}
