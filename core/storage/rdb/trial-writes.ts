import { NotFoundError, UpdateFinishedTrialError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { toPythonJson } from '../../base/python-json.ts';
import type { Distribution } from '../../distributions/base.ts';
import { checkDistributionCompatibility } from '../../distributions/compatibility.ts';
import { distributionToJson } from '../../distributions/distribution-json.ts';
import { isFinished, type TrialState } from '../../study/frozen-trial.ts';
import type { TrialParam, TrialTemplate } from '../base.ts';
import { formatDatetime } from './datetimes.ts';
import type { Session } from './session.ts';
import { toStoredNumber } from './stored-numbers.ts';
import { sqlite } from './tables.ts';

/** What a change to a trial needs to know of it first. */
interface TrialHead {
  readonly studyId: number;
  readonly state: TrialState;
}

/** The trial's study and state. @throws {NotFoundError} */
export function readTrialHead(session: Session, trialId: number): TrialHead {
  const query = sqlite.selectFrom('trials').select(['study_id', 'state']).where('trial_id', '=', trialId);
  const row = session.first(query);
  if (row === undefined) throw new NotFoundError(`No trial has the id ${trialId}.`);
  return { studyId: row.study_id, state: row.state };
}

/** As {@link readTrialHead}. @throws {NotFoundError} @throws {UpdateFinishedTrialError} */
export function readUnfinishedHead(session: Session, trialId: number): TrialHead {
  const head = readTrialHead(session, trialId);
  if (isFinished(head.state)) throw new UpdateFinishedTrialError(trialId);
  return head;
}

/** Adds a row to `trials`. The number counts the trials before it, which only a write transaction can know. */
export function insertTrial(
  session: Session,
  studyId: number,
  template: Pick<TrialTemplate, 'state' | 'datetimeStart' | 'datetimeComplete'>,
): { trialId: number; number: number } {
  const counted = sqlite
    .selectFrom('trials')
    .select((expression) => expression.fn.countAll<number>().as('count'))
    .where('study_id', '=', studyId);
  const number = session.first(counted)?.count ?? 0;
  const { state, datetimeStart, datetimeComplete } = template;
  const inserted = sqlite
    .insertInto('trials')
    .values({
      number,
      study_id: studyId,
      state,
      datetime_start: datetimeStart === null ? null : formatDatetime(datetimeStart),
      datetime_complete: datetimeComplete === null ? null : formatDatetime(datetimeComplete),
    })
    .returning('trial_id');
  const trialId = session.first(inserted)?.trial_id;
  if (trialId === undefined) throw new Error('SQLite gave no id for a new trial.');
  return { trialId, number };
}

/** Writes what a template brings besides its state and times. */
export function writeTemplate(
  session: Session,
  parse: (json: string) => Distribution,
  place: { readonly studyId: number; readonly trialId: number },
  template: TrialTemplate,
): void {
  const { trialId } = place;
  if (template.values !== null) writeValues(session, trialId, template.values);
  const params = [...template.distributions].map(([name, distribution]) => {
    const internalValue = distribution.toInternalRepr(template.params[name] ?? null);
    return { name, internalValue, distribution };
  });
  writeParams(session, parse, place, params);
  writeTrialAttrs(session, 'trial_user_attributes', trialId, template.userAttrs);
  writeTrialAttrs(session, 'trial_system_attributes', trialId, template.systemAttrs);
  const reports = [...template.intermediateValues].sort(([a], [b]) => a - b);
  for (const [step, value] of reports) writeIntermediateValue(session, trialId, step, value);
}

/**
 * Writes parameters that the trial does not have yet.
 *
 * @throws {InvalidInputError} where one does not fit what the study knows under that name.
 */
export function writeParams(
  session: Session,
  parse: (json: string) => Distribution,
  { studyId, trialId }: { readonly studyId: number; readonly trialId: number },
  params: readonly TrialParam[],
): void {
  for (const { name, internalValue, distribution } of params) {
    const own = sqlite
      .selectFrom('trial_params')
      .select('param_id')
      .where('trial_id', '=', trialId)
      .where('param_name', '=', name);
    if (session.first(own) !== undefined) continue;
    const known = sqlite
      .selectFrom('trials')
      .innerJoin('trial_params', 'trial_params.trial_id', 'trials.trial_id')
      .select('distribution_json')
      .where('study_id', '=', studyId)
      .where('param_name', '=', name)
      .limit(1);
    const row = session.first(known);
    if (row !== undefined) checkDistributionCompatibility(name, parse(row.distribution_json), distribution);
    session.run(
      sqlite.insertInto('trial_params').values({
        trial_id: trialId,
        param_name: name,
        param_value: internalValue,
        distribution_json: distributionToJson(distribution),
      }),
    );
  }
}

/** Writes the objective values, replacing earlier ones. */
export function writeValues(session: Session, trialId: number, values: readonly number[]): void {
  for (const [objective, number] of values.entries()) {
    const { value, type } = toStoredNumber(number);
    session.run(
      sqlite
        .insertInto('trial_values')
        .values({ trial_id: trialId, objective, value, value_type: type })
        .onConflict((on) => on.columns(['trial_id', 'objective']).doUpdateSet({ value, value_type: type })),
    );
  }
}

/** Writes a report; the first of a step stays. */
export function writeIntermediateValue(
  session: Session,
  trialId: number,
  step: number,
  number: number,
): void {
  const { value, type } = toStoredNumber(number);
  session.run(
    sqlite
      .insertInto('trial_intermediate_values')
      .values({ trial_id: trialId, step, intermediate_value: value, intermediate_value_type: type })
      .onConflict((on) => on.columns(['trial_id', 'step']).doNothing()),
  );
}

/** Writes attributes of a trial, replacing those of the same key. */
export function writeTrialAttrs(
  session: Session,
  table: 'trial_user_attributes' | 'trial_system_attributes',
  trialId: number,
  attrs: JsonObject,
): void {
  for (const [key, value] of Object.entries(attrs)) {
    const json = toPythonJson(value);
    session.run(
      sqlite
        .insertInto(table)
        .values({ trial_id: trialId, key, value_json: json })
        .onConflict((on) => on.columns(['trial_id', 'key']).doUpdateSet({ value_json: json })),
    );
  }
}

/** Changes the state; RUNNING sets the start, WAITING clears it, a finished state sets the end. */
export function writeState(session: Session, trialId: number, state: TrialState): void {
  const now = formatDatetime(new Date());
  session.run(
    sqlite
      .updateTable('trials')
      .set({
        state,
        ...(state === 'RUNNING' ? { datetime_start: now } : {}),
        ...(state === 'WAITING' ? { datetime_start: null } : {}),
        ...(isFinished(state) ? { datetime_complete: now } : {}),
      })
      .where('trial_id', '=', trialId),
  );
}
