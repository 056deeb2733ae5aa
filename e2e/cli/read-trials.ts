import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';

/** What two runs of the same study have in common, where they are the same. */
export interface TrialContent {
  readonly number: number;
  readonly state: string;
  readonly values: readonly number[] | null;
  readonly params: object;
  readonly intermediateValues: ReadonlyMap<number, number>;
}

/** The trials of a file with one study: everything but ids and times. */
export async function readTrials(file: string): Promise<TrialContent[]> {
  const storage = await SqliteStorage.open(file, { mode: 'read-only' });
  try {
    const [study] = await storage.getAllStudies();
    if (study === undefined) return [];
    const trials = await storage.getAllTrials(study.studyId);
    return trials.map(({ number, state, values, params, intermediateValues }) => ({
      number,
      state,
      values,
      params,
      intermediateValues,
    }));
  } finally {
    await storage.close();
  }
}
