import type { JsonObject } from '../base/json.ts';

/** The process that runs a trial; start time distinguishes it from a later process with the same pid. */
export interface TrialOwner {
  readonly host: string;
  readonly pid: number;
  /** When that process started, milliseconds since 1970, as the operating system tells it. */
  readonly processStartMs: number;
}

/** Whether a study is being worked on, and if not, why it stopped. */
export interface RunStatus {
  readonly status: 'running' | 'paused' | 'finished';
  /** One sentence for people where the run was paused by a fault, else null. */
  readonly reason: string | null;
  readonly updatedAt: Date;
}

/** Metrics of one epoch of one trial, as kept in the file. */
export interface EpochRecord {
  /** 0, 1, 2 … the step that was reported. */
  readonly epoch: number;
  /** `EpochMetrics` of core/training as plain JSON. */
  readonly metrics: JsonObject;
}

/**
 * What Hone keeps beside Optuna's tables (`hone_*`): who runs which trial, how runs ended, metrics and logs.
 *
 * Python's Optuna neither needs nor sees any of it. Each method is one transaction.
 */
export interface RunRecords {
  /**
   * Record that `owner` runs the trial.
   *
   * A storage that was opened with an owner (option `owner` of the SQLite storage) does the same by itself for
   * every trial that it creates RUNNING or takes from WAITING, in that very transaction: a process killed right
   * after leaves no RUNNING trial that nobody owns.
   */
  claimTrial(trialId: number, owner: TrialOwner): Promise<void>;

  /** Owners of the RUNNING trials that Hone started (trials of other programs have none). */
  listOwners(): Promise<Array<{ trialId: number; studyId: number; owner: TrialOwner }>>;

  /**
   * Put a RUNNING trial back to WAITING with its parameters, reports and attributes, and forget its owner.
   * Does nothing where the trial is not RUNNING.
   *
   * @param owner only where it belongs to this owner, so that of two processes which find the same dead owner the
   *   second does not take the trial from the first.
   * @returns whether it was put back.
   */
  releaseTrial(trialId: number, owner?: TrialOwner): Promise<boolean>;

  /** Report an epoch's value, write its metrics, in one transaction; the first report of a step stays. */
  reportEpoch(trialId: number, value: number, record: EpochRecord): Promise<void>;
  /** By epoch. */
  getEpochs(trialId: number): Promise<EpochRecord[]>;

  appendTrialLog(trialId: number, line: string): Promise<void>;
  getTrialLog(trialId: number): Promise<Array<{ at: Date; line: string }>>;

  setRunStatus(studyId: number, status: RunStatus['status'], reason: string | null): Promise<void>;
  getRunStatus(studyId: number): Promise<RunStatus | null>;
}
