import type { JsonObject, JsonValue } from '../base/json.ts';
import type { Distribution } from '../distributions/base.ts';
import type { FrozenTrial, StudyDirection, TrialState } from '../study/frozen-trial.ts';

/** A study as a storage knows it, without its trials. */
export interface FrozenStudy {
  readonly studyId: number;
  readonly studyName: string;
  readonly directions: readonly StudyDirection[];
  readonly userAttrs: Readonly<Record<string, JsonValue>>;
  readonly systemAttrs: Readonly<Record<string, JsonValue>>;
}

/** A study in a list: counted by the storage, so that no trial has to be loaded. */
export interface StudySummary extends FrozenStudy {
  /** Number of trials by state. */
  readonly nTrials: Readonly<Record<TrialState, number>>;
  /** The best complete trial (one objective only), ties to the lowest number; null where there is none. */
  readonly bestTrial: { readonly number: number; readonly value: number } | null;
  /** Start of the first trial, or null. */
  readonly datetimeStart: Date | null;
}

/** One suggested parameter, in the form that storages keep. */
export interface TrialParam {
  readonly name: string;
  /** Internal representation, see `BaseDistribution`. */
  readonly internalValue: number;
  readonly distribution: Distribution;
}

/** What a trial that is put into a storage as it is may bring along; see {@link Storage.createTrial}. */
export type TrialTemplate = Omit<FrozenTrial, 'trialId' | 'number'>;

/**
 * The contract of every storage. Optuna: `BaseStorage`; every implementation passes `storage.contract.ts`.
 *
 * Each method is one transaction: it happens wholly or not at all, and is durable when its promise resolves.
 * Several processes, Python's Optuna among them, may use one storage at the same time.
 *
 * Methods throw `NotFoundError` for an unknown study or trial, `UpdateFinishedTrialError` for a change to a
 * finished trial, and `StorageError` where the medium fails. A storage that is locked by another program is
 * waited for without blocking the event loop.
 */
export interface Storage {
  /** @throws {DuplicatedStudyError} */
  createStudy(directions: readonly StudyDirection[], studyName: string): Promise<number>;
  deleteStudy(studyId: number): Promise<void>;
  getStudyIdFromName(studyName: string): Promise<number>;
  getStudy(studyId: number): Promise<FrozenStudy>;
  /** By study id. */
  getAllStudies(): Promise<FrozenStudy[]>;
  /** By study id; cost does not grow with the size of the trials' histories. */
  getStudySummaries(): Promise<StudySummary[]>;
  setStudyUserAttr(studyId: number, key: string, value: JsonValue): Promise<void>;
  setStudySystemAttr(studyId: number, key: string, value: JsonValue): Promise<void>;

  /**
   * Add a trial: RUNNING and started now, or as the template says. Numbers follow each other without gaps.
   *
   * @returns the new trial's id and number.
   */
  createTrial(studyId: number, template?: TrialTemplate): Promise<{ trialId: number; number: number }>;

  /**
   * Take the first WAITING trial and make it RUNNING, or return null. Two callers never get the same trial.
   */
  popWaitingTrial(studyId: number): Promise<FrozenTrial | null>;

  /**
   * Write the parameters that were suggested together, and with them study system attributes such as the
   * sampler's state, in one transaction. A parameter that the trial has already is left as it is.
   *
   * @throws {InvalidInputError} where the study knows a parameter of that name with another kind of
   *   distribution or other choices.
   */
  setTrialParams(
    trialId: number,
    params: readonly TrialParam[],
    studySystemAttrs?: JsonObject,
  ): Promise<void>;

  /** Report a value. The first value of a step stays, as in Optuna. `step` is an integer from 0. */
  setTrialIntermediateValue(trialId: number, step: number, value: number): Promise<void>;

  /**
   * Change the state, write the values where given, and the attributes with them, all in one transaction.
   * RUNNING sets the start, a finished state the end.
   *
   * @returns false where RUNNING was asked for and another process had taken the trial (it is not WAITING).
   */
  setTrialStateValues(
    trialId: number,
    state: TrialState,
    values?: readonly number[] | null,
    attrs?: { readonly trialSystemAttrs?: JsonObject; readonly studySystemAttrs?: JsonObject },
  ): Promise<boolean>;

  setTrialUserAttr(trialId: number, key: string, value: JsonValue): Promise<void>;
  setTrialSystemAttr(trialId: number, key: string, value: JsonValue): Promise<void>;

  getTrial(trialId: number): Promise<FrozenTrial>;
  /** By number. Finished trials may be shared objects: treat them as frozen. */
  getAllTrials(studyId: number, states?: readonly TrialState[]): Promise<FrozenTrial[]>;

  /** Release the medium: write-ahead logs are folded in, locks given up. The storage is unusable after. */
  close(): Promise<void>;
}
