import { InvalidInputError } from '../base/errors.ts';
import type { ParamValue } from './base.ts';

/**
 * The internal form of a float or int parameter's value.
 *
 * Differs from Optuna: a number written as text (`"0.1"`) is refused, since it would come back to the objective
 * as text.
 *
 * @throws {InvalidInputError} where the value is no number, NaN, or not above 0 in a log range.
 */
export function numberToInternalRepr(external: ParamValue, log: boolean): number {
  const value = typeof external === 'boolean' ? Number(external) : external;
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new InvalidInputError(
      'value',
      `The value ${JSON.stringify(external)} is not a number, which the parameter needs.`,
    );
  }
  if (log && value <= 0) {
    throw new InvalidInputError('value', `The value ${value} is not above 0, which a log range needs.`);
  }
  return value;
}
