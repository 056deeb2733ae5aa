import { type FrozenTrial, isFinished } from '../../study/frozen-trial.ts';
import type { Session } from './session.ts';
import { sqlite } from './tables.ts';
import type { TrialReader } from './trial-reader.ts';

/** The trials of a study as last read. */
interface CachedStudy {
  /** By number. */
  readonly trials: readonly FrozenTrial[];
  readonly unfinishedIds: readonly number[];
  readonly lastId: number;
  /** The finished trial with the highest id; tells when the ids were given to other trials. */
  readonly lastFinished: { readonly trialId: number; readonly datetimeComplete: string | null } | null;
}

/**
 * Keeps what never changes: finished trials are read once; after that only trials that were unfinished and those
 * with higher ids are. Optuna: `_CachedStorage`.
 */
export class TrialCache {
  readonly #reader: TrialReader;
  readonly #studies = new Map<number, CachedStudy>();

  constructor(reader: TrialReader) {
    this.#reader = reader;
  }

  /** All trials of an existing study, by number, as the transaction sees them. */
  readAll(session: Session, studyId: number): readonly FrozenTrial[] {
    const known = this.#studies.get(studyId);
    const study = (known && this.#readChanged(session, studyId, known)) ?? this.#readWhole(session, studyId);
    this.#studies.set(studyId, study);
    return study.trials;
  }

  #readWhole(session: Session, studyId: number): CachedStudy {
    return describe(session, this.#reader.read(session, { studyId }), null);
  }

  /** Null where the study is another one than the one known: deleted, and its ids used again. */
  #readChanged(session: Session, studyId: number, known: CachedStudy): CachedStudy | null {
    const { lastFinished, lastId: aboveId, unfinishedIds: ids } = known;
    if (lastFinished !== null) {
      const stored = readCompletion(session, studyId, lastFinished.trialId);
      if (stored === undefined || stored !== lastFinished.datetimeComplete) return null;
    }
    const changed = this.#reader.read(session, { studyId, aboveId, ids });
    const reread = new Map(changed.map((trial) => [trial.trialId, trial]));
    if (!ids.every((trialId) => reread.has(trialId))) return null;
    const trials = known.trials.map((trial) => reread.get(trial.trialId) ?? trial);
    for (const trial of changed) if (trial.trialId > aboveId) trials.push(trial);
    return describe(session, trials, known);
  }
}

function describe(session: Session, trials: readonly FrozenTrial[], before: CachedStudy | null): CachedStudy {
  const unfinished = trials.filter((trial) => !isFinished(trial.state));
  const last = trials.findLast((trial) => isFinished(trial.state));
  const unchanged = last !== undefined && last.trialId === before?.lastFinished?.trialId;
  return {
    trials,
    unfinishedIds: unfinished.map((trial) => trial.trialId),
    lastId: trials.at(-1)?.trialId ?? -1,
    lastFinished: unchanged ? (before?.lastFinished ?? null) : describeLast(session, last),
  };
}

function describeLast(session: Session, last: FrozenTrial | undefined): CachedStudy['lastFinished'] {
  if (last === undefined) return null;
  const { trialId } = last;
  const query = sqlite.selectFrom('trials').select('datetime_complete').where('trial_id', '=', trialId);
  return { trialId, datetimeComplete: session.first(query)?.datetime_complete ?? null };
}

function readCompletion(session: Session, studyId: number, trialId: number): string | null | undefined {
  const query = sqlite
    .selectFrom('trials')
    .select('datetime_complete')
    .where('trial_id', '=', trialId)
    .where('study_id', '=', studyId);
  return session.first(query)?.datetime_complete;
}
