import type { Migration } from './base.ts';

/**
 * Owners, epochs, logs and run status.
 *
 * No foreign keys: Python's Optuna may delete a study at any time and knows nothing of these tables.
 */
export const createRunRecords: Migration = {
  version: 1,
  name: 'run-records',
  statements: [
    `CREATE TABLE hone_trial_owners (
      trial_id INTEGER NOT NULL,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      process_start_ms INTEGER NOT NULL,
      PRIMARY KEY (trial_id))`,
    `CREATE TABLE hone_epochs (
      trial_id INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      metrics_json TEXT NOT NULL,
      PRIMARY KEY (trial_id, epoch))`,
    `CREATE TABLE hone_trial_logs (
      log_id INTEGER NOT NULL,
      trial_id INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      line TEXT NOT NULL,
      PRIMARY KEY (log_id))`,
    'CREATE INDEX hone_ix_trial_logs_trial_id ON hone_trial_logs (trial_id)',
    `CREATE TABLE hone_run_status (
      study_id INTEGER NOT NULL,
      status TEXT NOT NULL,
      reason TEXT,
      updated_at_ms INTEGER NOT NULL,
      PRIMARY KEY (study_id))`,
  ],
};
