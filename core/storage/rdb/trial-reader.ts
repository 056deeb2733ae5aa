import { HoneError, InvalidInputError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import { parsePythonJson } from '../../base/python-json.ts';
import type { Distribution, ParamValue } from '../../distributions/base.ts';
import { distributionFromJson } from '../../distributions/distribution-json.ts';
import { type FrozenTrial, TRIAL_STATES, type TrialState } from '../../study/frozen-trial.ts';
import { damagedTrial } from './damage.ts';
import { parseDatetime } from './datetimes.ts';
import type { RawRow, Session } from './session.ts';
import { fromStoredNumber } from './stored-numbers.ts';

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
    const drafts = new Map<number, TrialDraft>();
    readRows(session, heads, 'a number, state or date that cannot be read', (row) => {
      drafts.set(row[0] as number, newDraft(row));
    });
    const ids = JSON.stringify([...drafts.keys()]);
    const ofTrials = (rowsQuery: string, what: string, add: (draft: TrialDraft, row: RawRow) => void) =>
      readRows(session, session.rawRows(rowsQuery, ids), what, (row) => {
        const draft = drafts.get(row[0] as number);
        if (draft !== undefined) add(draft, row);
      });
    ofTrials(PARAM_ROWS, 'a parameter that cannot be read', (draft, row) => this.#addParam(draft, row));
    ofTrials(VALUE_ROWS, 'a value that cannot be read', addValue);
    ofTrials(INTERMEDIATE_VALUE_ROWS, 'an intermediate value that cannot be read', addIntermediateValue);
    ofTrials(USER_ATTRIBUTE_ROWS, 'an attribute that is no JSON', (draft, [, key, json]) =>
      setOwn(draft.userAttrs, key as string, parsePythonJson(json as string)),
    );
    ofTrials(SYSTEM_ATTRIBUTE_ROWS, 'an attribute that is no JSON', (draft, [, key, json]) =>
      setOwn(draft.systemAttrs, key as string, parsePythonJson(json as string)),
    );
    for (const draft of drafts.values()) {
      if (draft.values !== null && Object.keys(draft.values).length !== draft.values.length)
        throw damagedTrial(session, draft.trialId, 'values of some objectives only');
      sortSteps(draft);
    }
    return [...drafts.values()];
  }

  #addParam(draft: TrialDraft, row: RawRow): void {
    const [, name, internal, json] = row as [number, string, unknown, string | null];
    if (json === null) throw new InvalidInputError(name, `${name} has no distribution.`);
    const distribution = this.parseDistribution(json);
    draft.distributions.set(name, distribution);
    setOwn(draft.params, name, distribution.toExternalRepr(requireNumber(name, internal)));
  }
}

/** Handles rows that begin with a trial's id. @throws {StorageError} `damaged` where a row cannot be read. */
function readRows(
  session: Session,
  rows: readonly RawRow[],
  what: string,
  handle: (row: RawRow) => void,
): void {
  let current: RawRow | undefined;
  try {
    for (const row of rows) {
      current = row;
      handle(row);
    }
  } catch (error) {
    if (!(error instanceof HoneError)) throw error;
    throw damagedTrial(session, current?.[0] as number, what, error);
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
  if (!TRIAL_STATES.includes(state)) throw new InvalidInputError('state', `The state '${state}' is unknown.`);
  return {
    trialId,
    number: requireNumber('number', number),
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

function requireNumber(name: string, stored: unknown): number {
  if (typeof stored === 'number') return stored;
  throw new InvalidInputError(name, `${name} is '${String(stored)}', but it must be a number.`);
}

/** @throws {InvalidInputError} where there is neither a number nor the name of an infinity or NaN. */
function fromColumn(name: string, stored: unknown): number {
  if (typeof stored === 'number') return stored;
  if (stored === 'INF_POS' || stored === 'INF_NEG' || stored === 'NAN') return fromStoredNumber(null, stored);
  return requireNumber(name, stored);
}

function addValue(draft: TrialDraft, row: RawRow): void {
  const [, objective, stored] = row as [number, number, unknown];
  draft.values ??= [];
  draft.values[objective] = fromColumn('value', stored);
}

function addIntermediateValue(draft: TrialDraft, row: RawRow): void {
  const [, step, stored] = row as [number, number, unknown];
  draft.intermediateValues.set(step, fromColumn(`step ${step}`, stored));
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
function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    record[key] = value;
  }
}
