import { sql } from 'kysely';
import { DuplicatedStudyError, NotFoundError, type StorageError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { logWarning } from '../../base/logging.ts';
import { parsePythonJson, toPythonJson } from '../../base/python-json.ts';
import type { StudyDirection } from '../../study/frozen-trial.ts';
import type { FrozenStudy } from '../base.ts';
import { damagedStudy } from './damage.ts';
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

/**
 * The study with the id.
 *
 * @throws {NotFoundError} @throws {StorageError} `damaged` where a row of the study cannot be read.
 */
export function readStudy(session: Session, studyId: number): FrozenStudy {
  const [study] = readStudyRows(session, studyId, (error) => {
    throw error;
  });
  if (study === undefined) throw new NotFoundError(`No study has the id ${studyId}.`);
  return study;
}

/**
 * All studies by id. What cannot be read is left out with a warning, so that a damaged study is no harm to others;
 * a study whose directions cannot be read has none here.
 */
export function readStudies(session: Session): FrozenStudy[] {
  return readStudyRows(session, undefined, (error) => logWarning(error.message));
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

type OnDamage = (error: StorageError) => void;

function readStudyRows(session: Session, studyId: number | undefined, onDamage: OnDamage): FrozenStudy[] {
  let query = sqlite.selectFrom('studies').select(['study_id', 'study_name']).orderBy('study_id');
  if (studyId !== undefined) query = query.where('study_id', '=', studyId);
  const directions = readDirectionRows(session, studyId);
  const userAttrs = readAttrRows(session, 'study_user_attributes', studyId);
  const systemAttrs = readAttrRows(session, 'study_system_attributes', studyId);
  return session.all(query).map(({ study_id, study_name }) => {
    const report = (what: string, cause?: unknown) =>
      onDamage(damagedStudy(session, study_name, what, cause));
    return {
      studyId: study_id,
      studyName: study_name,
      directions: toDirections(directions.get(study_id) ?? [], report),
      userAttrs: toAttrs(userAttrs.get(study_id) ?? [], report),
      systemAttrs: toAttrs(systemAttrs.get(study_id) ?? [], report),
    };
  });
}

type Report = (what: string, cause?: unknown) => void;

/** NOT_SET is of early versions of Optuna, which minimize such a study. */
const DIRECTIONS: ReadonlyMap<string, StudyDirection> = new Map([
  ['MINIMIZE', 'minimize'],
  ['MAXIMIZE', 'maximize'],
  ['NOT_SET', 'minimize'],
]);

function toDirections(rows: readonly DirectionRow[], report: Report): StudyDirection[] {
  const directions: StudyDirection[] = [];
  for (const { direction } of rows) {
    const known = DIRECTIONS.get(direction);
    if (known === undefined) {
      report(`the unknown direction '${direction}'`);
      return [];
    }
    directions.push(known);
  }
  if (directions.length === 0) report('no direction');
  return directions;
}

function toAttrs(rows: readonly AttrRow[], report: Report): JsonObject {
  const attrs: Array<[string, JsonValue]> = [];
  for (const { key, value_json } of rows) {
    try {
      attrs.push([key, parsePythonJson(value_json)]);
    } catch (error) {
      report(`an attribute '${key}' that is no JSON`, error);
    }
  }
  return Object.fromEntries(attrs);
}

interface DirectionRow {
  readonly study_id: number;
  readonly direction: string;
}

function readDirectionRows(session: Session, studyId?: number): Map<number, DirectionRow[]> {
  let query = sqlite.selectFrom('study_directions').select(['study_id', 'direction']).orderBy('objective');
  if (studyId !== undefined) query = query.where('study_id', '=', studyId);
  return Map.groupBy<number, DirectionRow>(session.all(query), (row) => row.study_id);
}

interface AttrRow {
  readonly study_id: number;
  readonly key: string;
  readonly value_json: string;
}

function readAttrRows(
  session: Session,
  table: StudyAttributeTable,
  studyId?: number,
): Map<number, AttrRow[]> {
  let query = sqlite.selectFrom(table).select(['study_id', 'key', 'value_json']).orderBy(sql`rowid`);
  if (studyId !== undefined) query = query.where('study_id', '=', studyId);
  return Map.groupBy<number, AttrRow>(session.all(query), (row) => row.study_id);
}
