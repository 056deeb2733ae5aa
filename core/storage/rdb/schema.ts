import { StorageError } from '../../base/errors.ts';
import type { Session } from './session.ts';
import { sqlite } from './tables.ts';

/** The revision of Optuna's schema that is read and written here; Optuna 4.1 to 5.0 share it. */
export const ALEMBIC_REVISION = 'v3.2.0.a';
/** `version_info` as Optuna 4.1 fills it. */
const SCHEMA_VERSION = 12;
const LIBRARY_VERSION = '4.1.0';

/** What a file holds before anything is written to it. */
export type SchemaState = 'empty' | 'incomplete' | 'complete';

/** Columns and constraints by table, as Optuna 4.1 creates them. */
const TABLES = {
  studies: `
    study_id INTEGER NOT NULL,
    study_name VARCHAR(512) NOT NULL,
    PRIMARY KEY (study_id)`,
  version_info: `
    version_info_id INTEGER NOT NULL,
    schema_version INTEGER,
    library_version VARCHAR(256),
    PRIMARY KEY (version_info_id),
    CHECK (version_info_id = 1)`,
  study_directions: `
    study_direction_id INTEGER NOT NULL,
    direction VARCHAR(8) NOT NULL,
    study_id INTEGER NOT NULL,
    objective INTEGER NOT NULL,
    PRIMARY KEY (study_direction_id),
    UNIQUE (study_id, objective),
    FOREIGN KEY (study_id) REFERENCES studies (study_id)`,
  study_user_attributes: `
    study_user_attribute_id INTEGER NOT NULL,
    study_id INTEGER,
    "key" VARCHAR(512),
    value_json TEXT,
    PRIMARY KEY (study_user_attribute_id),
    UNIQUE (study_id, "key"),
    FOREIGN KEY (study_id) REFERENCES studies (study_id)`,
  study_system_attributes: `
    study_system_attribute_id INTEGER NOT NULL,
    study_id INTEGER,
    "key" VARCHAR(512),
    value_json TEXT,
    PRIMARY KEY (study_system_attribute_id),
    UNIQUE (study_id, "key"),
    FOREIGN KEY (study_id) REFERENCES studies (study_id)`,
  trials: `
    trial_id INTEGER NOT NULL,
    number INTEGER,
    study_id INTEGER,
    state VARCHAR(8) NOT NULL,
    datetime_start DATETIME,
    datetime_complete DATETIME,
    PRIMARY KEY (trial_id),
    FOREIGN KEY (study_id) REFERENCES studies (study_id)`,
  trial_user_attributes: `
    trial_user_attribute_id INTEGER NOT NULL,
    trial_id INTEGER,
    "key" VARCHAR(512),
    value_json TEXT,
    PRIMARY KEY (trial_user_attribute_id),
    UNIQUE (trial_id, "key"),
    FOREIGN KEY (trial_id) REFERENCES trials (trial_id)`,
  trial_system_attributes: `
    trial_system_attribute_id INTEGER NOT NULL,
    trial_id INTEGER,
    "key" VARCHAR(512),
    value_json TEXT,
    PRIMARY KEY (trial_system_attribute_id),
    UNIQUE (trial_id, "key"),
    FOREIGN KEY (trial_id) REFERENCES trials (trial_id)`,
  trial_params: `
    param_id INTEGER NOT NULL,
    trial_id INTEGER,
    param_name VARCHAR(512),
    param_value FLOAT,
    distribution_json TEXT,
    PRIMARY KEY (param_id),
    UNIQUE (trial_id, param_name),
    FOREIGN KEY (trial_id) REFERENCES trials (trial_id)`,
  trial_values: `
    trial_value_id INTEGER NOT NULL,
    trial_id INTEGER NOT NULL,
    objective INTEGER NOT NULL,
    value FLOAT,
    value_type VARCHAR(7) NOT NULL,
    PRIMARY KEY (trial_value_id),
    UNIQUE (trial_id, objective),
    FOREIGN KEY (trial_id) REFERENCES trials (trial_id)`,
  trial_intermediate_values: `
    trial_intermediate_value_id INTEGER NOT NULL,
    trial_id INTEGER NOT NULL,
    step INTEGER NOT NULL,
    intermediate_value FLOAT,
    intermediate_value_type VARCHAR(7) NOT NULL,
    PRIMARY KEY (trial_intermediate_value_id),
    UNIQUE (trial_id, step),
    FOREIGN KEY (trial_id) REFERENCES trials (trial_id)`,
  trial_heartbeats: `
    trial_heartbeat_id INTEGER NOT NULL,
    trial_id INTEGER NOT NULL,
    heartbeat DATETIME NOT NULL,
    PRIMARY KEY (trial_heartbeat_id),
    UNIQUE (trial_id),
    FOREIGN KEY (trial_id) REFERENCES trials (trial_id)`,
  alembic_version: `
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)`,
};

const INDEXES = [
  'CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name)',
  'CREATE INDEX IF NOT EXISTS ix_trials_study_id ON trials (study_id)',
];

/** The child tables of a study and of a trial, for deletion: the rows of children go first. */
export const STUDY_CHILD_TABLES = [
  'study_directions',
  'study_user_attributes',
  'study_system_attributes',
] as const;
/** See {@link STUDY_CHILD_TABLES}. */
export const TRIAL_CHILD_TABLES = [
  'trial_user_attributes',
  'trial_system_attributes',
  'trial_params',
  'trial_values',
  'trial_intermediate_values',
  'trial_heartbeats',
] as const;

/**
 * Look at a file's tables before anything is written.
 *
 * A file without version rows counts as the known revision: Optuna fills them in as well.
 *
 * @throws {StorageError} `version` where another revision of the schema is in it, `not-a-database` where it is
 *   the database of something else.
 */
export function inspectSchema(session: Session): SchemaState {
  const query = sqlite.selectFrom('sqlite_master').select('name').where('type', '=', 'table');
  const tables = new Set(session.all(query).map((row) => row.name));
  if (tables.size === 0) return 'empty';
  if (!tables.has('studies')) {
    throw new StorageError(
      'not-a-database',
      `${session.fileName} is a database of another program, without Optuna's tables; choose another file.`,
    );
  }
  const revisions = tables.has('alembic_version')
    ? session.all(sqlite.selectFrom('alembic_version').select('version_num'))
    : [];
  for (const { version_num } of revisions)
    if (version_num !== ALEMBIC_REVISION) throw unknownVersion(session.fileName, `revision '${version_num}'`);
  const versions = tables.has('version_info')
    ? session.all(sqlite.selectFrom('version_info').select('schema_version'))
    : [];
  for (const { schema_version } of versions)
    if (schema_version !== SCHEMA_VERSION)
      throw unknownVersion(session.fileName, `version ${schema_version}`);
  const complete = Object.keys(TABLES).every((table) => tables.has(table));
  return complete && revisions.length > 0 && versions.length > 0 ? 'complete' : 'incomplete';
}

/** Make what is missing of Optuna's schema. */
export function createSchema(session: Session): void {
  for (const [name, columns] of Object.entries(TABLES))
    session.execute(`CREATE TABLE IF NOT EXISTS ${name} (${columns})`);
  for (const index of INDEXES) session.execute(index);
  const version = {
    version_info_id: 1,
    schema_version: SCHEMA_VERSION,
    library_version: LIBRARY_VERSION,
  };
  session.run(
    sqlite
      .insertInto('version_info')
      .values(version)
      .onConflict((on) => on.doNothing()),
  );
  const revision = { version_num: ALEMBIC_REVISION };
  session.run(
    sqlite
      .insertInto('alembic_version')
      .values(revision)
      .onConflict((on) => on.doNothing()),
  );
}

function unknownVersion(name: string, found: string): StorageError {
  return new StorageError(
    'version',
    `${name} has Optuna's schema in ${found}, but only revision '${ALEMBIC_REVISION}' (version ${SCHEMA_VERSION}) is known; run 'optuna storage upgrade' if it is older, or update Hone if it is newer.`,
  );
}
