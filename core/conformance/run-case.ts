import { InvalidInputError, NotFoundError, TrialPruned } from '../base/errors.ts';
import { toPythonFloat, toPythonInt, toPythonJson } from '../base/python-json.ts';
import { createStudy } from '../create-study.ts';
import type { ParamValue } from '../distributions/base.ts';
import { suggestAll } from '../search-space/search-space.ts';
import { type FrozenTrial, lastStep } from '../study/frozen-trial.ts';
import type { Study } from '../study/study.ts';
import type { Trial } from '../study/trial.ts';
import { CONSTRAINTS_KEY, makePruner, makeSampler } from './algorithms.ts';
import { evaluateCurve, evaluateObjective } from './objectives.ts';
import { type ConformanceSpec, readSpec } from './spec.ts';

/** Thrown by trials that the spec wants to fail. */
class FailedOnPurpose extends Error {}

/**
 * Run a case.
 *
 * @param text content of a case file.
 * @returns the trace as JSON, in the form of the recorded ones.
 * @throws {InvalidInputError} where the case is malformed, or asks for something that does not exist.
 */
export async function runCase(text: string): Promise<string> {
  const spec = readSpec(text);
  if (spec.importance) throw new InvalidInputError('importance', 'Importances are not available.');
  const study = await createStudy({
    studyName: spec.studyName,
    directions: spec.directions,
    sampler: makeSampler(spec),
    pruner: makePruner(spec),
  });
  for (const params of spec.enqueue) await study.enqueueTrial(params);
  await study.optimize((trial) => runTrial(trial, spec), { nTrials: spec.nTrials, catch: [FailedOnPurpose] });
  const trials = (await study.getTrials()).map(trialToJson);
  return `{"trials": [${trials.join(', ')}]${await bestToJson(study)}}`;
}

async function runTrial(trial: Trial, spec: ConformanceSpec): Promise<readonly number[]> {
  const { space, constraints, curve } = spec;
  const params = suggestAll(trial, space);
  if (constraints) {
    const values = constraints.map((constraint) => evaluateObjective(constraint, params, space));
    await trial.setUserAttr(CONSTRAINTS_KEY, values);
  }
  if (spec.fail.includes(trial.number)) throw new FailedOnPurpose();
  const values = spec.objectives.map((objective) => evaluateObjective(objective, params, space));
  for (let step = 0; step < (curve?.steps ?? 0); step++) {
    if (curve) await trial.report(evaluateCurve(curve, values[0] ?? Number.NaN, trial.number, step), step);
    if (await trial.shouldPrune()) throw new TrialPruned();
  }
  return values;
}

/** Floats, ints and choices are written so that Python reads the types that Optuna gives. */
function trialToJson(trial: FrozenTrial): string {
  const params = [...trial.distributions].map(([name, distribution]) => {
    const value = trial.params[name] as ParamValue;
    const internal = distribution.toInternalRepr(value);
    if (distribution.name === 'FloatDistribution') return `${toPythonJson(name)}: ${toPythonFloat(internal)}`;
    if (distribution.name === 'IntDistribution') return `${toPythonJson(name)}: ${toPythonInt(internal)}`;
    return `${toPythonJson(name)}: ${distribution.choicesJson[internal]}`;
  });
  const values = trial.values === null ? 'null' : `[${trial.values.map(toPythonFloat).join(', ')}]`;
  const step = lastStep(trial);
  return (
    `{"number": ${trial.number}, "state": "${trial.state}", "params": {${params.join(', ')}}, "values": ${values}` +
    `${step === null ? '' : `, "lastStep": ${step}`}}`
  );
}

async function bestToJson(study: Study): Promise<string> {
  if (study.directions.length > 1) {
    const numbers = (await study.bestTrials()).map((trial) => trial.number);
    return `, "bestTrials": ${toPythonJson(numbers)}`;
  }
  try {
    return `, "bestTrial": ${(await study.bestTrial()).number}`;
  } catch (error) {
    if (error instanceof NotFoundError) return '';
    throw error;
  }
}
