import { StorageError } from '../../base/errors.ts';
import type { Session } from '../rdb/session.ts';
import { sqlite } from '../rdb/tables.ts';
import { createRunRecords } from './0001-run-records.ts';
import type { Migration } from './base.ts';

/** Every migration, in order. */
const MIGRATIONS: readonly Migration[] = [createRunRecords];

/** True where the file has tables of Hone; a file that only Python wrote has none. */
export function hasHoneTables(session: Session): boolean {
  const query = sqlite.selectFrom('sqlite_master').select('name').where('name', '=', 'hone_migrations');
  return session.first(query) !== undefined;
}

/**
 * Bring Hone's tables up to date; call it inside the transaction that writes to them first.
 *
 * @throws {StorageError} `version` where a newer Hone has changed the tables.
 */
export function migrateHoneTables(session: Session): void {
  const done = hasHoneTables(session) ? lastVersion(session) : 0;
  if (done > MIGRATIONS.length) {
    throw new StorageError(
      'version',
      `${session.fileName} has version ${done} of Hone's tables, but only ${MIGRATIONS.length} is known; update Hone to write to it.`,
    );
  }
  if (done === MIGRATIONS.length) return;
  session.execute(
    'CREATE TABLE IF NOT EXISTS hone_migrations (version INTEGER NOT NULL, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL, PRIMARY KEY (version))',
  );
  for (const { version, name, statements } of MIGRATIONS.slice(done)) {
    for (const statement of statements) session.execute(statement);
    session.run(sqlite.insertInto('hone_migrations').values({ version, name, applied_at_ms: Date.now() }));
  }
}

function lastVersion(session: Session): number {
  const query = sqlite.selectFrom('hone_migrations').select('version').orderBy('version', 'desc').limit(1);
  return session.first(query)?.version ?? 0;
}
