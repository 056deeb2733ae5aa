/**
 * What a suggestion costs: ask, all suggestions and tell of one trial with TPE in memory, beside Optuna doing the same.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { findPython } from '../../e2e/fixtures/find-python.ts';
import { createStudy, loadStudy } from '../create-study.ts';
import type { Study } from '../study/study.ts';
import type { Trial } from '../study/trial.ts';
import type { Sampler } from './base.ts';
import { RandomSampler } from './random-sampler.ts';
import { TPESampler } from './tpe/tpe-sampler.ts';

const N_PARAMS = 20;
const N_MEASURED = 30;
/** Optuna needs about a second a trial from 5,000 trials on. */
const N_MEASURED_OF_OPTUNA = 5;

/** Prints the median times of both at 1,000 and 5,000 trials, and their ratio. */
export async function run(): Promise<void> {
  const python = findPython('optuna');
  console.log(
    `TPE, ${N_PARAMS} parameters (floats, log floats, integers, categories), in memory, one trial:`,
  );
  for (const nTrials of [1000, 5000]) {
    const study = await fill(nTrials);
    for (const [name, sampler] of [
      ['univariate', new TPESampler({ seed: 2 })],
      ['multivariate', new TPESampler({ seed: 2, multivariate: true })],
    ] as const) {
      const ours = await measure(study, sampler);
      const figure = `  ${nTrials} trials, ${name.padEnd(12)} ${ours.toFixed(2).padStart(8)} ms`;
      if (python === null || name === 'multivariate') {
        console.log(figure);
        continue;
      }
      const optunas = measureOptuna(python, nTrials);
      console.log(`${figure}   Optuna ${optunas.toFixed(0)} ms   ratio ${(ours / optunas).toFixed(3)}`);
    }
  }
  if (python === null) console.log('Optuna is not installed, so there is nothing to compare with.');
}

async function fill(nTrials: number): Promise<Study> {
  const study = await createStudy({ sampler: new RandomSampler({ seed: 1 }) });
  for (let i = 0; i < nTrials; i++) await runTrial(study);
  return study;
}

async function runTrial(study: Study): Promise<void> {
  const trial = await study.ask();
  await study.tell(trial, suggest(trial));
}

function suggest(trial: Trial): number {
  let total = 0;
  for (let i = 0; i < N_PARAMS; i++) {
    const name = `p${String(i).padStart(2, '0')}`;
    if (i % 4 === 0) total += trial.suggestFloat(name, -5, 5) ** 2;
    else if (i % 4 === 1) total += trial.suggestFloat(name, 1e-5, 1, { log: true });
    else if (i % 4 === 2) total += trial.suggestInt(name, 1, 100);
    else total += trial.suggestCategorical(name, ['a', 'b', 'c', 'd']) === 'a' ? 1 : 0;
  }
  return total;
}

/** Milliseconds of a trial, the median; the first ones only warm up. */
async function measure(study: Study, sampler: Sampler): Promise<number> {
  const { studyName, storage } = study;
  const times: number[] = [];
  const measured = await loadStudy({ studyName, storage, sampler, resumeSampler: false });
  for (let i = 0; i < N_MEASURED; i++) {
    const start = performance.now();
    await runTrial(measured);
    times.push(performance.now() - start);
  }
  return median(times.slice(5));
}

function measureOptuna(python: string, nTrials: number): number {
  const script = join(import.meta.dirname, 'optuna_timing.py');
  const args = [script, nTrials, N_PARAMS, N_MEASURED_OF_OPTUNA].map(String);
  return Number(execFileSync(python, args, { encoding: 'utf8' }));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
