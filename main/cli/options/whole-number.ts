import { InvalidInputError } from '../../../core/base/errors.ts';

/** Ends of a range, both allowed. */
export interface WholeNumberRange {
  readonly low: number;
  readonly high: number;
  /** For the sentence: ` of seconds`. */
  readonly unit?: string;
}

/**
 * Read an option's whole number, written in digits alone.
 *
 * @param field the option as the user types it: `--trials`.
 * @throws {InvalidInputError}
 */
export function parseWholeNumber(field: string, text: string, range: WholeNumberRange): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.low && value <= range.high) return value;
  throw new InvalidInputError(
    field,
    `${field} is ${JSON.stringify(text)}, but must be a whole number${range.unit ?? ''} from ${range.low} to ${range.high}.`,
  );
}
