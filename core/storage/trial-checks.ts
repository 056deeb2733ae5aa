import { InvalidInputError } from '../base/errors.ts';
import type { StudyDirection } from '../study/frozen-trial.ts';

/** Characters that Optuna's column for names and keys holds; MySQL refuses longer ones. */
export const MAX_NAME_LENGTH = 512;

/** @throws {InvalidInputError} where the name is empty or too long for Optuna's schema, or no direction is given. */
export function checkNewStudy(studyName: string, directions: readonly StudyDirection[]): void {
  if (studyName.length === 0 || studyName.length > MAX_NAME_LENGTH) {
    throw new InvalidInputError(
      'study',
      `The study name has ${studyName.length} characters, but 1 to ${MAX_NAME_LENGTH} are allowed.`,
    );
  }
  if (directions.length === 0)
    throw new InvalidInputError('directions', 'directions is empty, but a study needs at least one.');
}

/** @throws {InvalidInputError} where a value is NaN, which Optuna's schema cannot hold. */
export function checkObjectiveValues(values: readonly number[] | null | undefined): void {
  if (values?.some((value) => Number.isNaN(value)))
    throw new InvalidInputError('values', 'The value NaN cannot be stored as the result of a trial.');
}

/** @throws {InvalidInputError} where the step is not a whole number from 0. */
export function checkStep(step: number): void {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new InvalidInputError('step', `step is ${step}, but it must be a whole number from 0.`);
}
