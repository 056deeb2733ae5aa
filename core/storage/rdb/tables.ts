import {
  DummyDriver,
  type Generated,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { TrialState } from '../../study/frozen-trial.ts';

/** How a number is kept that SQL's FLOAT may not hold. `NAN` occurs in intermediate values only. */
export type ValueType = 'FINITE' | 'INF_POS' | 'INF_NEG' | 'NAN';

interface AttributeColumns {
  key: string;
  value_json: string;
}

/** Optuna's tables and Hone's, by the columns that are read and written here; `schema.ts` has the SQL. */
export interface Tables {
  studies: { study_id: Generated<number>; study_name: string };
  study_directions: { study_id: number; direction: 'MINIMIZE' | 'MAXIMIZE'; objective: number };
  study_user_attributes: { study_id: number } & AttributeColumns;
  study_system_attributes: { study_id: number } & AttributeColumns;
  trials: {
    trial_id: Generated<number>;
    number: number;
    study_id: number;
    state: TrialState;
    datetime_start: string | null;
    datetime_complete: string | null;
  };
  trial_user_attributes: { trial_id: number } & AttributeColumns;
  trial_system_attributes: { trial_id: number } & AttributeColumns;
  trial_params: {
    param_id: Generated<number>;
    trial_id: number;
    param_name: string;
    param_value: number;
    distribution_json: string;
  };
  trial_values: { trial_id: number; objective: number; value: number | null; value_type: ValueType };
  trial_intermediate_values: {
    trial_id: number;
    step: number;
    intermediate_value: number | null;
    intermediate_value_type: ValueType;
  };
  trial_heartbeats: { trial_id: number; heartbeat: string };
  version_info: { version_info_id: number; schema_version: number; library_version: string };
  alembic_version: { version_num: string };
  sqlite_master: { type: string; name: string };
  hone_migrations: { version: number; name: string; applied_at_ms: number };
  hone_trial_owners: { trial_id: number; host: string; pid: number; process_start_ms: number };
  hone_epochs: { trial_id: number; epoch: number; metrics_json: string };
  hone_trial_logs: { log_id: Generated<number>; trial_id: number; at_ms: number; line: string };
  hone_run_status: { study_id: number; status: string; reason: string | null; updated_at_ms: number };
}

/**
 * Builds queries, and only builds them: a transaction must not wait for a promise in its middle, so the queries
 * are run by `Session`, which is synchronous.
 */
export const sqlite = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});
