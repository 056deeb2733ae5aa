import { sql } from 'kysely';
import { DuplicatedStudyError, NotFoundError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { parsePythonJson, toPythonJson } from '../../base/python-json.ts';
import type { StudyDirection } from '../../study/frozen-trial.ts';
import type { FrozenStudy } from '../base.ts';
import type { Session } from './session.ts';
import { sqlite } from './tables.ts';

type StudyAttributeTable = 'study_user_attributes' | 'study_system_attributes';

/** Adds a study. @throws {DuplicatedStudyError} */
export function insertStudy(
  session: Session,
  studyName: string,
  directions: readonly StudyDirection[],
): number {
  const same = sqlite.selectFrom('studies').select('study_id').where('study_name', '=', studyName);
  if (session.first(same) !== undefined) throw new DuplicatedStudyError(studyName);
  const inserted = sqlite.insertInto('studies').values({ study_name: studyName }).returning('study_id');
  const studyId = session.first(inserted)?.study_id;
  if (studyId === undefined) throw new Error('SQLite gave no id for a new study.');
  for (const [objective, direction] of directions.entries()) {
    const stored = direction === 'maximize' ? 'MAXIMIZE' : 'MINIMIZE';
    session.run(
      sqlite.insertInto('study_directions').values({ study_id: studyId, direction: stored, objective }),
    );
  }
  return studyId;
}

/** @throws {NotFoundError} */
export function requireStudy(session: Session, studyId: number): void {
  const query = sqlite.selectFrom('studies').select('study_id').where('study_id', '=', studyId);
  if (session.first(query) === undefined) throw new NotFoundError(`No study has the id ${studyId}.`);
}

/** @throws {NotFoundError} */
export function readStudyId(session: Session, studyName: string): number {
  const query = sqlite.selectFrom('studies').select('study_id').where('study_name', '=', studyName);
  const row = session.first(query);
  if (row === undefined) throw new NotFoundError(`No study is named '${studyName}'.`);
  return row.study_id;
}

/** All studies by id, or the one with the id. */
export function readStudies(session: Session, studyId?: number): FrozenStudy[] {
  let query = sqlite.selectFrom('studies').select(['study_id', 'study_name']).orderBy('study_id');
  if (studyId !== undefined) query = query.where('study_id', '=', studyId);
  const directions = readDirections(session, studyId);
  const userAttrs = readAttrs(session, 'study_user_attributes', studyId);
  const systemAttrs = readAttrs(session, 'study_system_attributes', studyId);
  return session.all(query).map((row) => ({
    studyId: row.study_id,
    studyName: row.study_name,
    directions: directions.get(row.study_id) ?? [],
    userAttrs: Object.fromEntries(userAttrs.get(row.study_id) ?? []),
    systemAttrs: Object.fromEntries(systemAttrs.get(row.study_id) ?? []),
  }));
}

/** Writes attributes of a study, replacing those of the same key. */
export function writeStudyAttrs(
  session: Session,
  table: StudyAttributeTable,
  studyId: number,
  attrs: JsonObject,
): void {
  for (const [key, value] of Object.entries(attrs)) {
    const json = toPythonJson(value);
    session.run(
      sqlite
        .insertInto(table)
        .values({ study_id: studyId, key, value_json: json })
        .onConflict((on) => on.columns(['study_id', 'key']).doUpdateSet({ value_json: json })),
    );
  }
}

function readDirections(session: Session, studyId?: number): Map<number, StudyDirection[]> {
  let query = sqlite.selectFrom('study_directions').select(['study_id', 'direction']).orderBy('objective');
  if (studyId !== undefined) query = query.where('study_id', '=', studyId);
  const grouped = Map.groupBy(session.all(query), (row) => row.study_id);
  return mapValues(grouped, (rows) =>
    rows.map((row) => (row.direction === 'MAXIMIZE' ? 'maximize' : 'minimize')),
  );
}

function readAttrs(
  session: Session,
  table: StudyAttributeTable,
  studyId?: number,
): Map<number, Array<[string, JsonValue]>> {
  let query = sqlite.selectFrom(table).select(['study_id', 'key', 'value_json']).orderBy(sql`rowid`);
  if (studyId !== undefined) query = query.where('study_id', '=', studyId);
  const grouped = Map.groupBy(session.all(query), (row) => row.study_id);
  return mapValues(grouped, (rows) => rows.map((row) => [row.key, parsePythonJson(row.value_json)]));
}

function mapValues<A, B>(map: ReadonlyMap<number, A>, change: (value: A) => B): Map<number, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
