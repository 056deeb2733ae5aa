import { HoneError, StorageError } from '../../base/errors.ts';
import type { Session } from './session.ts';
import { sqlite } from './tables.ts';

/** A study of the file that is being read, as messages name it. */
export function damagedStudy(
  session: Session,
  studyName: string,
  what: string,
  cause?: unknown,
): StorageError {
  return damaged(session, `the study '${studyName}'`, what, cause);
}

/** A trial of the file that is being read: messages name its study and number. */
export function damagedTrial(session: Session, trialId: number, what: string, cause?: unknown): StorageError {
  const query = sqlite
    .selectFrom('trials')
    .innerJoin('studies', 'studies.study_id', 'trials.study_id')
    .select(['study_name', 'number'])
    .where('trial_id', '=', trialId);
  const row = session.first(query);
  const place =
    row === undefined
      ? `the trial with the id ${trialId}`
      : `trial ${row.number ?? `with the id ${trialId}`} of the study '${row.study_name}'`;
  return damaged(session, place, what, cause);
}

function damaged(session: Session, place: string, what: string, cause: unknown): StorageError {
  const reason = cause instanceof HoneError ? ` (${cause.message.replace(/\.$/, '')})` : '';
  return new StorageError(
    'damaged',
    `${session.fileName} is damaged: ${place} has ${what}${reason}; other studies in it can be read.`,
    { cause },
  );
}
