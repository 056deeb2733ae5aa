import { InvalidInputError } from '../base/errors.ts';
import { logWarning } from '../base/logging.ts';
import type { BaseDistribution, ParamValue } from './base.ts';
import { alignHighToGrid, countGridPoints } from './decimal.ts';
import { numberToInternalRepr } from './numeric-value.ts';

/** How far from a grid point, in steps, a value may be and still count as on the grid. */
const GRID_TOLERANCE = 1e-8;

/** What a float parameter may have beside its bounds. */
export interface FloatOptions {
  /** Sample uniformly in the logarithm; `low` must be above 0. */
  readonly log?: boolean;
  /** Distance of the allowed values, counted from `low`; not together with `log`. */
  readonly step?: number | null;
}

/**
 * The floats from `low` to `high`, both included. Optuna: `FloatDistribution`.
 *
 * Where `step` does not divide the range, `high` is lowered to the last grid point, with a warning.
 */
export class FloatDistribution implements BaseDistribution<number> {
  readonly name = 'FloatDistribution';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly step: number | null;

  /** @throws {InvalidInputError} where the bounds, `log` and `step` do not go together. */
  constructor(low: number, high: number, options: FloatOptions = {}) {
    const log = options.log ?? false;
    const step = options.step ?? null;
    if (log && step !== null) {
      throw new InvalidInputError('step', `step is ${step}, but a log range allows no step.`);
    }
    // Written so that NaN passes, as in Optuna: studies with a NaN bound exist and must load.
    if (low > high)
      throw new InvalidInputError('low', `low is ${low}, but it must not be above high, which is ${high}.`);
    if (log && low <= 0) {
      throw new InvalidInputError('low', `low is ${low}, but it must be above 0 for a log range.`);
    }
    if (step !== null && !(step > 0))
      throw new InvalidInputError('step', `step is ${step}, but it must be above 0.`);
    this.low = low;
    this.high = step === null ? high : lowerToGrid(low, high, step);
    this.log = log;
    this.step = step;
  }

  single(): boolean {
    if (this.low === this.high) return true;
    return this.step !== null && countGridPoints(this.low, this.high, this.step) === 1;
  }

  /** True where the value lies in the range and, with a step, within 1e-8 steps of the grid. */
  contains(internal: number): boolean {
    if (!(this.low <= internal && internal <= this.high)) return false;
    if (this.step === null) return true;
    const steps = (internal - this.low) / this.step;
    return Math.abs(steps - Math.round(steps)) < GRID_TOLERANCE;
  }

  toInternalRepr(external: ParamValue): number {
    return numberToInternalRepr(external, this.log);
  }

  toExternalRepr(internal: number): number {
    return internal;
  }
}

function lowerToGrid(low: number, high: number, step: number): number {
  for (const [field, value] of Object.entries({ low, high, step })) {
    if (!Number.isFinite(value))
      throw new InvalidInputError(field, `${field} is ${value}, but a range with a step must be finite.`);
  }
  const aligned = alignHighToGrid(low, high, step);
  if (aligned !== high) {
    logWarning(`step ${step} does not divide the range from ${low} to ${high}; high becomes ${aligned}.`);
  }
  return aligned;
}
