import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { setLogger } from '../../base/logging.ts';
import { FloatDistribution } from '../../distributions/float-distribution.ts';
import { createTrial } from '../../study/create-trial.ts';
import { SqliteStorage } from './sqlite-storage.ts';

let folder: string;
let storage: SqliteStorage;
let warnings: string[];

/** Two studies with a trial each, of which the first is damaged by the tests. */
beforeEach(async () => {
  warnings = [];
  const logger = setLogger({ info() {}, warn: (message) => warnings.push(message) });
  folder = await mkdtemp(join(tmpdir(), 'hone-damaged-'));
  storage = await SqliteStorage.open(join(folder, 'study.db'));
  for (const name of ['damaged', 'sound']) {
    const studyId = await storage.createStudy(['minimize', 'maximize'], name);
    await storage.setStudyUserAttr(studyId, 'note', name);
    const template = createTrial({
      values: [0.5, 1],
      params: { x: 0.25 },
      distributions: { x: new FloatDistribution(0, 1) },
      intermediateValues: new Map([[3, 2]]),
      userAttrs: { seen: true },
    });
    await storage.createTrial(studyId, template);
  }
  return () => void setLogger(logger);
});
afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

function damage(sql: string): void {
  const database = new Database(join(folder, 'study.db'));
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
}

async function expectSoundStudy(): Promise<void> {
  expect((await storage.getStudySummaries()).map((study) => study.studyName)).toEqual(['damaged', 'sound']);
  expect((await storage.getAllStudies())[1]?.userAttrs).toEqual({ note: 'sound' });
  expect((await storage.getStudy(2)).directions).toEqual(['minimize', 'maximize']);
  const [trial] = await storage.getAllTrials(2);
  expect(trial).toMatchObject({ values: [0.5, 1], params: { x: 0.25 }, userAttrs: { seen: true } });
}

it.each([
  ["trial_user_attributes SET value_json = '{bad'", 'an attribute that is no JSON (JSON, line 1, column 2'],
  ['trial_params SET distribution_json = NULL', 'a parameter that cannot be read (x has no distribution)'],
  ["trial_params SET distribution_json = 'nope'", 'a parameter that cannot be read (JSON, line 1'],
  [
    "trial_params SET param_value = 'abc'",
    "a parameter that cannot be read (x is 'abc', but it must be a number)",
  ],
  ['trial_params SET param_value = NULL', "a parameter that cannot be read (x is 'null'"],
  ["trial_values SET value = 'abc'", "a value that cannot be read (value is 'abc'"],
  ['trial_values SET value = NULL', "a value that cannot be read (value is 'null'"],
  ["trial_values SET value_type = 'LARGE'", "a value that cannot be read (value is 'LARGE'"],
  ['trial_values SET objective = objective + 3', 'values of some objectives only'],
  [
    'trial_intermediate_values SET intermediate_value = NULL',
    "an intermediate value that cannot be read (step 3 is 'null'",
  ],
  [
    "trials SET state = 'PAUSED'",
    "a number, state or date that cannot be read (The state 'PAUSED' is unknown)",
  ],
  ["trials SET datetime_start = ''", "(The database holds '' where a date and time is expected)"],
])('names the trial of a row that cannot be read, and reads the other study: %s', async (change, what) => {
  damage(`UPDATE ${change} WHERE trial_id = 1`);
  const error = await storage.getAllTrials(1).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ reason: 'damaged' });
  expect(String(error)).toContain("study.db is damaged: trial 0 of the study 'damaged' has ");
  expect(String(error)).toContain(what);
  await expectSoundStudy();
});

it.each([
  [
    "UPDATE study_user_attributes SET value_json = '{bad' WHERE study_id = 1",
    "an attribute 'note' that is no JSON",
  ],
  ["UPDATE study_directions SET direction = 'UP' WHERE study_id = 1", "the unknown direction 'UP'"],
  ['DELETE FROM study_directions WHERE study_id = 1', 'no direction'],
])('names the study of a row that cannot be read, and lists all studies: %s', async (change, what) => {
  damage(change);
  const sentence = `study.db is damaged: the study 'damaged' has ${what}`;
  await expect(storage.getStudy(1)).rejects.toThrow(sentence);
  await expectSoundStudy();
  expect(warnings[0]).toContain(sentence);
});

it('lists the studies where rows of a study that is gone cannot be read', async () => {
  damage("INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (77, 'a', '{')");
  await expectSoundStudy();
  expect(warnings).toEqual([]);
});
