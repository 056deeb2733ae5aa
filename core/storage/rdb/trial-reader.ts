import type { JsonValue } from '../../base/json.ts';
import { parsePythonJson } from '../../base/python-json.ts';
import type { Distribution, ParamValue } from '../../distributions/base.ts';
import { distributionFromJson } from '../../distributions/distribution-json.ts';
import type { FrozenTrial, TrialState } from '../../study/frozen-trial.ts';
import { parseDatetime } from './datetimes.ts';
import type { RawRow, Session } from './session.ts';
import { fromStoredNumber } from './stored-numbers.ts';
import type { ValueType } from './tables.ts';

/** A trial being put together from the rows of several tables; frozen when it is handed out. */
interface TrialDraft {
  readonly trialId: number;
  readonly number: number;
  readonly state: TrialState;
  values: number[] | null;
  readonly params: Record<string, ParamValue>;
  readonly distributions: Map<string, Distribution>;
  intermediateValues: Map<number, number>;
  readonly userAttrs: Record<string, JsonValue>;
  readonly systemAttrs: Record<string, JsonValue>;
  readonly datetimeStart: Date | null;
  readonly datetimeComplete: Date | null;
}

/** Which trials to read: all of a study, or those of a study with an id above one or among some, or one. */
export type TrialSelection =
  | { readonly studyId: number }
  | { readonly studyId: number; readonly aboveId: number; readonly ids: readonly number[] }
  | { readonly trialId: number };

const TRIAL_COLUMNS = 'trial_id, number, state, datetime_start, datetime_complete';
/** Different texts kept as parsed distributions; a study that changes its ranges in every trial has many. */
const MAX_KNOWN_DISTRIBUTIONS = 10_000;

/** Enough to make the queries' overhead small, and few enough that their rows are soon garbage. */
const TRIALS_AT_ONCE = 500;

const PARAM_ROWS = rowsOf('trial_params', 'param_name, param_value, distribution_json', 'ORDER BY param_id');
const VALUE_ROWS = rowsOf('trial_values', `objective, ${storedNumber('value')}`);
const INTERMEDIATE_VALUE_ROWS = rowsOf(
  'trial_intermediate_values',
  `step, ${storedNumber('intermediate_value')}`,
);
const USER_ATTRIBUTE_ROWS = rowsOf('trial_user_attributes', 'key, value_json');
const SYSTEM_ATTRIBUTE_ROWS = rowsOf('trial_system_attributes', 'key, value_json');

/** Selects the rows of a child table that belong to the trials of a JSON list of ids. */
function rowsOf(table: string, columns: string, order = ''): string {
  const ofTrials = 'trial_id IN (SELECT value FROM json_each(?))';
  return `SELECT trial_id, ${columns} FROM ${table} WHERE ${ofTrials} ${order}`;
}

/** One column instead of two: the number where it is finite, else the name of its type. */
function storedNumber(column: 'value' | 'intermediate_value'): string {
  return `CASE ${column}_type WHEN 'FINITE' THEN ${column} ELSE ${column}_type END`;
}

/** Reads trials with all that belongs to them, table by table. */
export class TrialReader {
  /** Most trials of a study share their distributions: each text is parsed once and each object kept once. */
  readonly #distributions = new Map<string, Distribution>();

  /** The selected trials by id, which is the order of their numbers. */
  read(session: Session, selection: TrialSelection): FrozenTrial[] {
    const rows = readHeads(session, selection);
    const trials: FrozenTrial[] = [];
    for (let start = 0; start < rows.length; start += TRIALS_AT_ONCE)
      trials.push(...this.#complete(session, rows.slice(start, start + TRIALS_AT_ONCE)));
    return trials;
  }

  /** The distribution of a text in Optuna's form. */
  parseDistribution(json: string): Distribution {
    let distribution = this.#distributions.get(json);
    if (distribution === undefined) {
      if (this.#distributions.size >= MAX_KNOWN_DISTRIBUTIONS) this.#distributions.clear();
      distribution = distributionFromJson(json);
      this.#distributions.set(json, distribution);
    }
    return distribution;
  }

  #complete(session: Session, heads: readonly RawRow[]): FrozenTrial[] {
    const drafts = new Map(heads.map((row) => [row[0] as number, newDraft(row)]));
    const ids = JSON.stringify([...drafts.keys()]);
    for (const row of session.rawRows(PARAM_ROWS, ids)) this.#addParam(drafts, row);
    for (const row of session.rawRows(VALUE_ROWS, ids)) addValue(drafts, row);
    for (const row of session.rawRows(INTERMEDIATE_VALUE_ROWS, ids)) addIntermediateValue(drafts, row);
    for (const [trialId, key, json] of session.rawRows(USER_ATTRIBUTE_ROWS, ids))
      setOwn(drafts.get(trialId as number)?.userAttrs, key as string, parsePythonJson(json as string));
    for (const [trialId, key, json] of session.rawRows(SYSTEM_ATTRIBUTE_ROWS, ids))
      setOwn(drafts.get(trialId as number)?.systemAttrs, key as string, parsePythonJson(json as string));
    for (const draft of drafts.values()) sortSteps(draft);
    return [...drafts.values()];
  }

  #addParam(drafts: ReadonlyMap<number, TrialDraft>, row: RawRow): void {
    const [trialId, name, internal, json] = row as [number, string, number, string];
    const draft = drafts.get(trialId);
    if (draft === undefined) return;
    const distribution = this.parseDistribution(json);
    draft.distributions.set(name, distribution);
    setOwn(draft.params, name, distribution.toExternalRepr(internal));
  }
}

function readHeads(session: Session, selection: TrialSelection): RawRow[] {
  const select = `SELECT ${TRIAL_COLUMNS} FROM trials`;
  if ('trialId' in selection) return session.rawRows(`${select} WHERE trial_id = ?`, selection.trialId);
  if (!('ids' in selection))
    return session.rawRows(`${select} WHERE study_id = ? ORDER BY trial_id`, selection.studyId);
  const ids = JSON.stringify(selection.ids);
  return session
    .rawRows(
      `${select} WHERE study_id = ? AND trial_id > ?
       UNION ALL ${select} WHERE study_id = ? AND trial_id IN (SELECT value FROM json_each(?))`,
      selection.studyId,
      selection.aboveId,
      selection.studyId,
      ids,
    )
    .sort((a, b) => (a[0] as number) - (b[0] as number));
}

function newDraft(row: RawRow): TrialDraft {
  const [trialId, number, state, start, complete] = row as [
    number,
    number,
    TrialState,
    string | null,
    string | null,
  ];
  return {
    trialId,
    number,
    state,
    values: null,
    params: {},
    distributions: new Map(),
    intermediateValues: new Map(),
    userAttrs: {},
    systemAttrs: {},
    datetimeStart: start === null ? null : parseDatetime(start),
    datetimeComplete: complete === null ? null : parseDatetime(complete),
  };
}

function fromColumn(stored: number | ValueType): number {
  return typeof stored === 'number' ? stored : fromStoredNumber(null, stored);
}

function addValue(drafts: ReadonlyMap<number, TrialDraft>, row: RawRow): void {
  const [trialId, objective, stored] = row as [number, number, number | ValueType];
  const draft = drafts.get(trialId);
  if (draft === undefined) return;
  draft.values ??= [];
  draft.values[objective] = fromColumn(stored);
}

function addIntermediateValue(drafts: ReadonlyMap<number, TrialDraft>, row: RawRow): void {
  const [trialId, step, stored] = row as [number, number, number | ValueType];
  drafts.get(trialId)?.intermediateValues.set(step, fromColumn(stored));
}

/** Steps are mostly reported in their order, and then no map is made anew. */
function sortSteps(draft: TrialDraft): void {
  let last = -1;
  for (const step of draft.intermediateValues.keys()) {
    if (step < last) {
      draft.intermediateValues = new Map([...draft.intermediateValues].sort(([a], [b]) => a - b));
      return;
    }
    last = step;
  }
}

/** Assignment, but a key `__proto__` becomes a property like any other. */
function setOwn<T>(record: Record<string, T> | undefined, key: string, value: T): void {
  if (record === undefined) return;
  if (key === '__proto__') {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    record[key] = value;
  }
}
