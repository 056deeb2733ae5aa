/**
 * The errors that cross folder borders. Everything else throws `Error` and is a defect.
 */

/** Base of every error that Hone expects: a stable code for programs, a sentence for people. */
export class HoneError extends Error {
  /** Stable, kebab-case identifier such as `invalid-input`; never shown alone. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * Something the user typed or wrote in a file is not usable.
 *
 * The message is one sentence that names the field, the value and what is allowed; the command line
 * prints it as it is and exits with code 2.
 */
export class InvalidInputError extends HoneError {
  /** What was wrong, as the user knows it: `--trials`, `space: lr.low`, `objective`. */
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super('invalid-input', message, options);
    this.field = field;
  }
}

/** Thrown by an objective to end its trial as PRUNED. Optuna: `TrialPruned`. */
export class TrialPruned extends HoneError {
  constructor(message = 'Trial was pruned.') {
    super('trial-pruned', message);
  }
}

/** A finished trial was about to be changed. Optuna: `UpdateFinishedTrialError`. */
export class UpdateFinishedTrialError extends HoneError {
  constructor(trialId: number) {
    super('update-finished-trial', `Trial with id ${trialId} is finished and cannot be changed.`);
  }
}

/** A study of that name exists already. Optuna: `DuplicatedStudyError`. */
export class DuplicatedStudyError extends HoneError {
  constructor(studyName: string) {
    super('duplicated-study', `Another study with name '${studyName}' already exists.`);
  }
}

/** No study or trial has the given name, number or id. Optuna raises `KeyError` here. */
export class NotFoundError extends HoneError {
  constructor(message: string) {
    super('not-found', message);
  }
}

/** Why a storage could not do what was asked. */
export type StorageFailure =
  | 'locked'
  | 'disk-full'
  | 'damaged'
  | 'not-a-database'
  | 'version'
  | 'permission'
  | 'io';

/** The storage could not read or write. Optuna: `StorageInternalError`. */
export class StorageError extends HoneError {
  readonly reason: StorageFailure;

  constructor(reason: StorageFailure, message: string, options?: ErrorOptions) {
    super(`storage-${reason}`, message, options);
    this.reason = reason;
  }
}
