import { InvalidInputError } from '../base/errors.ts';
import { logWarning } from '../base/logging.ts';
import type { BaseDistribution, ParamValue } from './base.ts';
import { numberToInternalRepr } from './numeric-value.ts';

/** What an int parameter may have beside its bounds. */
export interface IntOptions {
  /** Sample uniformly in the logarithm; `low` must be 1 or more and `step` 1. */
  readonly log?: boolean;
  /** Distance of the allowed values, counted from `low`; 1 unless given. */
  readonly step?: number;
}

/**
 * The integers from `low` to `high`, both included. Optuna: `IntDistribution`.
 *
 * Bounds and step lose their fraction. Where `step` does not divide the range, `high` is lowered to the last
 * grid point, with a warning.
 */
export class IntDistribution implements BaseDistribution<number> {
  readonly name = 'IntDistribution';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly step: number;

  /** @throws {InvalidInputError} where the bounds, `log` and `step` do not go together. */
  constructor(low: number, high: number, options: IntOptions = {}) {
    const { log = false, step = 1 } = options;
    for (const [field, value] of Object.entries({ low, high, step })) {
      if (!Number.isFinite(value))
        throw new InvalidInputError(field, `${field} is ${value}, but it must be a whole number.`);
    }
    if (log && step !== 1)
      throw new InvalidInputError('step', `step is ${step}, but a log range allows only 1.`);
    if (low > high)
      throw new InvalidInputError('low', `low is ${low}, but it must not be above high, which is ${high}.`);
    if (log && low < 1) {
      throw new InvalidInputError(
        'low',
        `low is ${low}, but it must be 1 or more for a log range of integers.`,
      );
    }
    this.step = Math.trunc(step);
    if (this.step < 1) throw new InvalidInputError('step', `step is ${step}, but it must be 1 or more.`);
    this.low = Math.trunc(low);
    this.high = lowerToGrid(this.low, Math.trunc(high), this.step);
    this.log = log;
  }

  single(): boolean {
    return this.low === this.high;
  }

  /** True where the value lies in the range and on the grid. */
  contains(internal: number): boolean {
    return this.low <= internal && internal <= this.high && (internal - this.low) % this.step === 0;
  }

  toInternalRepr(external: ParamValue): number {
    return numberToInternalRepr(external, this.log);
  }

  toExternalRepr(internal: number): number {
    return Math.trunc(internal);
  }
}

function lowerToGrid(low: number, high: number, step: number): number {
  const aligned = high - ((high - low) % step);
  if (aligned !== high) {
    logWarning(`step ${step} does not divide the range from ${low} to ${high}; high becomes ${aligned}.`);
  }
  return aligned;
}
