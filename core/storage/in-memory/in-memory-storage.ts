import { DuplicatedStudyError, NotFoundError, UpdateFinishedTrialError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { parsePythonJson, toPythonJson } from '../../base/python-json.ts';
import type { Distribution } from '../../distributions/base.ts';
import { checkDistributionCompatibility } from '../../distributions/compatibility.ts';
import {
  type FrozenTrial,
  isFinished,
  type StudyDirection,
  TRIAL_STATES,
  type TrialState,
} from '../../study/frozen-trial.ts';
import type { FrozenStudy, Storage, StudySummary, TrialParam, TrialTemplate } from '../base.ts';
import { checkNewStudy, checkObjectiveValues, checkStep } from '../trial-checks.ts';

/** A study with its trials. Trials are never changed but replaced, so that every copy handed out is frozen. */
interface StudyRecord {
  study: FrozenStudy;
  /** By number. */
  readonly trials: FrozenTrial[];
  /** The first distribution seen under each name; later ones must be compatible. */
  readonly distributions: Map<string, Distribution>;
}

/** Where a trial is kept. */
interface TrialPlace {
  readonly record: StudyRecord;
  readonly number: number;
}

/** Keeps studies in this process and loses them with it. Optuna: `InMemoryStorage`. */
export class InMemoryStorage implements Storage {
  readonly #studies = new Map<number, StudyRecord>();
  readonly #places = new Map<number, TrialPlace>();
  #lastStudyId = 0;
  #lastTrialId = 0;

  async createStudy(directions: readonly StudyDirection[], studyName: string): Promise<number> {
    checkNewStudy(studyName, directions);
    if (this.#findByName(studyName) !== null) throw new DuplicatedStudyError(studyName);
    const studyId = ++this.#lastStudyId;
    this.#studies.set(studyId, {
      study: { studyId, studyName, directions: [...directions], userAttrs: {}, systemAttrs: {} },
      trials: [],
      distributions: new Map(),
    });
    return studyId;
  }

  async deleteStudy(studyId: number): Promise<void> {
    for (const trial of this.#record(studyId).trials) this.#places.delete(trial.trialId);
    this.#studies.delete(studyId);
  }

  async getStudyIdFromName(studyName: string): Promise<number> {
    const record = this.#findByName(studyName);
    if (record === null) throw new NotFoundError(`No study is named '${studyName}'.`);
    return record.study.studyId;
  }

  async getStudy(studyId: number): Promise<FrozenStudy> {
    return this.#record(studyId).study;
  }

  async getAllStudies(): Promise<FrozenStudy[]> {
    return [...this.#studies.values()].map((record) => record.study);
  }

  async getStudySummaries(): Promise<StudySummary[]> {
    return [...this.#studies.values()].map(summarize);
  }

  async setStudyUserAttr(studyId: number, key: string, value: JsonValue): Promise<void> {
    const record = this.#record(studyId);
    const userAttrs = { ...record.study.userAttrs, ...throughJson({ [key]: value }) };
    record.study = { ...record.study, userAttrs };
  }

  async setStudySystemAttr(studyId: number, key: string, value: JsonValue): Promise<void> {
    this.#setStudySystemAttrs(this.#record(studyId), throughJson({ [key]: value }));
  }

  async createTrial(studyId: number, template?: TrialTemplate): Promise<{ trialId: number; number: number }> {
    const record = this.#record(studyId);
    const content = template === undefined ? runningTrial() : copyTemplate(template);
    checkObjectiveValues(content.values);
    this.#learnDistributions(record, content.distributions);
    const trialId = ++this.#lastTrialId;
    const number = record.trials.length;
    record.trials.push({ ...content, trialId, number });
    this.#places.set(trialId, { record, number });
    return { trialId, number };
  }

  async popWaitingTrial(studyId: number): Promise<FrozenTrial | null> {
    const waiting = this.#record(studyId).trials.find((trial) => trial.state === 'WAITING');
    if (waiting === undefined) return null;
    return this.#replace(waiting, { state: 'RUNNING', datetimeStart: new Date() });
  }

  async setTrialParams(
    trialId: number,
    params: readonly TrialParam[],
    studySystemAttrs: JsonObject = {},
  ): Promise<void> {
    const trial = this.#unfinished(trialId);
    const { record } = this.#place(trialId);
    const studyAttrs = throughJson(studySystemAttrs);
    const added = params.filter((param) => !trial.distributions.has(param.name));
    this.#learnDistributions(record, new Map(added.map((param) => [param.name, param.distribution])));
    const externals = added.map((param) => [
      param.name,
      param.distribution.toExternalRepr(param.internalValue),
    ]);
    this.#replace(trial, {
      params: { ...trial.params, ...Object.fromEntries(externals) },
      distributions: new Map([
        ...trial.distributions,
        ...added.map((param): [string, Distribution] => [param.name, param.distribution]),
      ]),
    });
    this.#setStudySystemAttrs(record, studyAttrs);
  }

  async setTrialIntermediateValue(trialId: number, step: number, value: number): Promise<void> {
    checkStep(step);
    const trial = this.#unfinished(trialId);
    if (trial.intermediateValues.has(step)) return;
    const values: Array<[number, number]> = [...trial.intermediateValues, [step, value]];
    this.#replace(trial, { intermediateValues: new Map(values.sort(([a], [b]) => a - b)) });
  }

  async setTrialStateValues(
    trialId: number,
    state: TrialState,
    values: readonly number[] | null = null,
    attrs: { readonly trialSystemAttrs?: JsonObject; readonly studySystemAttrs?: JsonObject } = {},
  ): Promise<boolean> {
    checkObjectiveValues(values);
    const trial = this.#unfinished(trialId);
    if (state === 'RUNNING' && trial.state !== 'WAITING') return false;
    const trialAttrs = throughJson(attrs.trialSystemAttrs ?? {});
    const studyAttrs = throughJson(attrs.studySystemAttrs ?? {});
    this.#replace(trial, {
      state,
      ...(values === null ? {} : { values: [...values] }),
      ...(state === 'RUNNING' ? { datetimeStart: new Date() } : {}),
      ...(state === 'WAITING' ? { datetimeStart: null } : {}),
      ...(isFinished(state) ? { datetimeComplete: new Date() } : {}),
      systemAttrs: { ...trial.systemAttrs, ...trialAttrs },
    });
    this.#setStudySystemAttrs(this.#place(trialId).record, studyAttrs);
    return true;
  }

  async setTrialUserAttr(trialId: number, key: string, value: JsonValue): Promise<void> {
    const trial = this.#unfinished(trialId);
    this.#replace(trial, { userAttrs: { ...trial.userAttrs, ...throughJson({ [key]: value }) } });
  }

  async setTrialSystemAttr(trialId: number, key: string, value: JsonValue): Promise<void> {
    const trial = this.#unfinished(trialId);
    this.#replace(trial, { systemAttrs: { ...trial.systemAttrs, ...throughJson({ [key]: value }) } });
  }

  async getTrial(trialId: number): Promise<FrozenTrial> {
    return this.#trial(trialId);
  }

  async getAllTrials(studyId: number, states?: readonly TrialState[]): Promise<FrozenTrial[]> {
    const { trials } = this.#record(studyId);
    return states === undefined ? [...trials] : trials.filter((trial) => states.includes(trial.state));
  }

  async close(): Promise<void> {
    this.#studies.clear();
    this.#places.clear();
  }

  #findByName(studyName: string): StudyRecord | null {
    for (const record of this.#studies.values()) if (record.study.studyName === studyName) return record;
    return null;
  }

  #record(studyId: number): StudyRecord {
    const record = this.#studies.get(studyId);
    if (record === undefined) throw new NotFoundError(`No study has the id ${studyId}.`);
    return record;
  }

  #place(trialId: number): TrialPlace {
    const place = this.#places.get(trialId);
    if (place === undefined) throw new NotFoundError(`No trial has the id ${trialId}.`);
    return place;
  }

  #trial(trialId: number): FrozenTrial {
    const { record, number } = this.#place(trialId);
    const trial = record.trials[number];
    if (trial === undefined) throw new NotFoundError(`No trial has the id ${trialId}.`);
    return trial;
  }

  #unfinished(trialId: number): FrozenTrial {
    const trial = this.#trial(trialId);
    if (isFinished(trial.state)) throw new UpdateFinishedTrialError(trialId);
    return trial;
  }

  #replace(trial: FrozenTrial, change: Partial<FrozenTrial>): FrozenTrial {
    const changed = { ...trial, ...change };
    this.#place(trial.trialId).record.trials[trial.number] = changed;
    return changed;
  }

  /** All are checked before any is kept, so that a refused parameter leaves nothing behind. */
  #learnDistributions(record: StudyRecord, distributions: ReadonlyMap<string, Distribution>): void {
    for (const [name, distribution] of distributions) {
      const known = record.distributions.get(name);
      if (known !== undefined) checkDistributionCompatibility(name, known, distribution);
    }
    for (const [name, distribution] of distributions) {
      if (!record.distributions.has(name)) record.distributions.set(name, distribution);
    }
  }

  #setStudySystemAttrs(record: StudyRecord, attrs: JsonObject): void {
    record.study = { ...record.study, systemAttrs: { ...record.study.systemAttrs, ...attrs } };
  }
}

function runningTrial(): TrialTemplate {
  return {
    state: 'RUNNING',
    values: null,
    params: {},
    distributions: new Map(),
    intermediateValues: new Map(),
    userAttrs: {},
    systemAttrs: {},
    datetimeStart: new Date(),
    datetimeComplete: null,
  };
}

/** Takes the fields of a template and nothing else: callers hand over whole trials, ids included. */
function copyTemplate(template: TrialTemplate): TrialTemplate {
  const { state, values, params, distributions, intermediateValues, datetimeStart, datetimeComplete } =
    template;
  return {
    state,
    values: values === null ? null : [...values],
    params: { ...params },
    distributions: new Map(distributions),
    intermediateValues: new Map([...intermediateValues].sort(([a], [b]) => a - b)),
    userAttrs: throughJson(template.userAttrs),
    systemAttrs: throughJson(template.systemAttrs),
    datetimeStart,
    datetimeComplete,
  };
}

/** Copies of attributes that went through JSON, as those of a file do. */
function throughJson(attrs: JsonObject): JsonObject {
  const copies = Object.entries(attrs).map(([key, value]) => [key, parsePythonJson(toPythonJson(value))]);
  return Object.fromEntries(copies) as JsonObject;
}

function summarize({ study, trials }: StudyRecord): StudySummary {
  const counts = TRIAL_STATES.map((state) => [state, trials.filter((trial) => trial.state === state).length]);
  let first: Date | null = null;
  for (const { datetimeStart } of trials)
    if (datetimeStart !== null && (first === null || datetimeStart < first)) first = datetimeStart;
  return {
    ...study,
    nTrials: Object.fromEntries(counts) as Record<TrialState, number>,
    bestTrial: study.directions.length === 1 ? findBest(trials, study.directions[0] === 'maximize') : null,
    datetimeStart: first,
  };
}

function findBest(
  trials: readonly FrozenTrial[],
  maximize: boolean,
): { readonly number: number; readonly value: number } | null {
  let best: { readonly number: number; readonly value: number } | null = null;
  for (const { state, values, number } of trials) {
    const value = values?.[0];
    if (state !== 'COMPLETE' || value === undefined) continue;
    if (best === null || (maximize ? value > best.value : value < best.value)) best = { number, value };
  }
  return best;
}
