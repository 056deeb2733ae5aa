import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudy, loadStudy } from '../create-study.ts';
import { TPESampler } from '../samplers/tpe/tpe-sampler.ts';
import { parseSearchSpace } from '../search-space/parse-search-space.ts';
import { suggestAll } from '../search-space/search-space.ts';
import { SqliteStorage } from '../storage/rdb/sqlite-storage.ts';
import type { Study } from './study.ts';
import type { Trial } from './trial.ts';

const N_TRIALS = 24;
const SPACE = parseSearchSpace([
  { name: 'lr', type: 'float', low: 1e-5, high: 0.1, log: true },
  { name: 'optimizer', type: 'categorical', choices: ['SGD', 'Adam'] },
  {
    name: 'momentum',
    type: 'float',
    low: 0,
    high: 0.9,
    step: 0.1,
    when: { param: 'optimizer', in: ['SGD'] },
  },
  { name: 'layers', type: 'int', low: 1, high: 5 },
]);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hone-resume-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function objective(trial: Trial): number {
  const params = suggestAll(trial, SPACE);
  return (
    Math.log10(Number(params.get('lr'))) ** 2 +
    Number(params.get('layers')) +
    Number(params.get('momentum') ?? 1)
  );
}

/** Open the file as a new process does, with a new sampler of the same seed. */
async function reopen(file: string, multivariate: boolean): Promise<Study> {
  const storage = await SqliteStorage.open(file);
  return loadStudy({
    storage,
    sampler: new TPESampler({ seed: 5, multivariate, nStartupTrials: 4, warnIndependentSampling: false }),
  });
}

async function history(study: Study) {
  return (await study.getTrials()).map(({ number, state, params, values }) => ({
    number,
    state,
    params,
    values,
  }));
}

describe.each([false, true])(
  'a study on a file that is interrupted in every trial (multivariate %s)',
  (multivariate) => {
    it.each([
      ['before its parameters are durable', false],
      ['after its parameters are durable', true],
    ])('%s equals the uninterrupted one', async (_, durable) => {
      const whole = await createStudy({
        sampler: new TPESampler({ seed: 5, multivariate, nStartupTrials: 4, warnIndependentSampling: false }),
      });
      await whole.optimize(objective, { nTrials: N_TRIALS });

      const file = path.join(folder, `${multivariate}-${durable}.db`);
      const first = await SqliteStorage.open(file);
      await createStudy({ storage: first, studyName: 's' });
      await first.close();
      for (let number = 0; number < N_TRIALS; number++) {
        const interrupted = await reopen(file, multivariate);
        const storage = interrupted.storage as SqliteStorage;
        const trial = await interrupted.ask();
        if (durable) {
          objective(trial);
          await trial.flush();
        }
        // What the next start does with a trial whose process is gone.
        await storage.runRecords.releaseTrial(trial.trialId);
        await storage.close();

        const resumed = await reopen(file, multivariate);
        await resumed.optimize(objective, { nTrials: number + 1 });
        await resumed.storage.close();
      }
      const resumed = await reopen(file, multivariate);
      expect(await history(resumed)).toEqual(await history(whole));
      await resumed.storage.close();
    });
  },
);
