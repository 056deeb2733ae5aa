import { InvalidInputError } from '../../../core/base/errors.ts';

/** Percent; rounding of what was typed is forgiven. */
const TOTAL_PERCENT = 100;
const TOLERANCE_PERCENT = 1e-9;

/**
 * Read shares of train, validation and test in percent, such as `70/15/15`, as shares of 1.
 *
 * Train and validation are needed; test may be 0.
 *
 * @throws {InvalidInputError}
 */
export function parseSplit(text: string): readonly [number, number, number] {
  const parts = text.split('/');
  const [train = Number.NaN, validation = Number.NaN, test = Number.NaN] = parts.map(parsePercent);
  const fault = faultOf(parts.length, train, validation, test);
  if (fault === null) return [train / TOTAL_PERCENT, validation / TOTAL_PERCENT, test / TOTAL_PERCENT];
  throw new InvalidInputError(
    '--split',
    `--split is ${JSON.stringify(text)}, but must be the percentages of train, validation and test such as 70/15/15: ${fault}.`,
  );
}

function parsePercent(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

function faultOf(parts: number, train: number, validation: number, test: number): string | null {
  if (parts !== 3) return `three numbers are needed, not ${parts}`;
  if ([train, validation, test].some(Number.isNaN)) return 'each must be a number from 0 to 100';
  const total = train + validation + test;
  if (Math.abs(total - TOTAL_PERCENT) > TOLERANCE_PERCENT) {
    return `they must add up to 100, not ${Number(total.toPrecision(6))}`;
  }
  if (train === 0 || validation === 0) return 'train and validation must be above 0';
  return null;
}
