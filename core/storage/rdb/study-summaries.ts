import { sql } from 'kysely';
import { TRIAL_STATES, type TrialState } from '../../study/frozen-trial.ts';
import type { FrozenStudy, StudySummary } from '../base.ts';
import { parseDatetime } from './datetimes.ts';
import type { Session } from './session.ts';
import { fromStoredNumber } from './stored-numbers.ts';
import { readStudies } from './studies.ts';
import { sqlite } from './tables.ts';

/** Every study with its counts and best trial, counted by SQLite; no trial is loaded. */
export function readSummaries(session: Session): StudySummary[] {
  const counts = countTrials(session);
  const summaries: StudySummary[] = [];
  for (const study of readStudies(session)) {
    const { nTrials, start } = counts.get(study.studyId) ?? { nTrials: noTrials(), start: null };
    const bestTrial = nTrials.COMPLETE > 0 ? readBest(session, study) : null;
    const datetimeStart = start === null ? null : readDatetime(start);
    summaries.push({ ...study, nTrials, bestTrial, datetimeStart });
  }
  return summaries;
}

interface StudyCounts {
  readonly nTrials: Record<TrialState, number>;
  start: string | null;
}

function countTrials(session: Session): Map<number, StudyCounts> {
  const query = sqlite
    .selectFrom('trials')
    .select(({ fn }) => [
      'study_id',
      'state',
      fn.countAll<number>().as('count'),
      fn.min<string | null>('datetime_start').as('start'),
    ])
    .groupBy(['study_id', 'state']);
  const studies = new Map<number, StudyCounts>();
  for (const { study_id, state, count, start } of session.all(query)) {
    const counts = studies.get(study_id) ?? { nTrials: noTrials(), start: null };
    // A state of which nothing is known is told where the study's trials are read.
    if (state in counts.nTrials) counts.nTrials[state] = count;
    // The stored form of a datetime sorts like the time itself.
    if (start !== null && (counts.start === null || start < counts.start)) counts.start = start;
    studies.set(study_id, counts);
  }
  return studies;
}

/** Null where it cannot be read: reading the trial tells so, and the list of studies is no place for it. */
function readDatetime(start: string): Date | null {
  try {
    return parseDatetime(start);
  } catch {
    return null;
  }
}

function noTrials(): Record<TrialState, number> {
  return Object.fromEntries(TRIAL_STATES.map((state) => [state, 0])) as Record<TrialState, number>;
}

/** The best complete trial of a study with one objective; of equal ones the first, which SQL must be told. */
function readBest(session: Session, study: FrozenStudy): StudySummary['bestTrial'] {
  if (study.directions.length !== 1) return null;
  const order = study.directions[0] === 'maximize' ? 'desc' : 'asc';
  const query = sqlite
    .selectFrom('trials')
    .innerJoin('trial_values', 'trial_values.trial_id', 'trials.trial_id')
    .select(['number', 'value', 'value_type'])
    .where('study_id', '=', study.studyId)
    .where('state', '=', 'COMPLETE')
    .where('objective', '=', 0)
    .orderBy(sql`CASE value_type WHEN 'INF_NEG' THEN -1 WHEN 'INF_POS' THEN 1 ELSE 0 END`, order)
    .orderBy('value', order)
    .orderBy('trials.trial_id')
    .limit(1);
  const row = session.first(query);
  return row === undefined
    ? null
    : { number: row.number, value: fromStoredNumber(row.value, row.value_type) };
}
