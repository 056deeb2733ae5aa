import type { JsonObject, JsonValue } from '../base/json.ts';
import type { ParamValue } from '../distributions/base.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import { FIXED_PARAMS_KEY } from './trial.ts';

/** Relative difference up to which two numbers count as the same parameter, as in `numpy.isclose`. */
const RELATIVE_TOLERANCE = 1e-5;

/**
 * True where a trial has, or is enqueued with, the same parameters. Numbers may differ by 1e-5 of their size; a NaN
 * counts as the same as any number, as in Optuna.
 */
export function hasSameParams(
  trials: readonly FrozenTrial[],
  params: Readonly<Record<string, ParamValue>>,
): boolean {
  const names = Object.keys(params);
  return trials.some((trial) => {
    const existing = (trial.systemAttrs[FIXED_PARAMS_KEY] ?? trial.params) as JsonObject;
    return (
      Object.keys(existing).length === names.length &&
      names.every(
        (name) => Object.hasOwn(existing, name) && isSameValue(params[name] ?? null, existing[name] ?? null),
      )
    );
  });
}

function isSameValue(value: ParamValue, existing: JsonValue): boolean {
  if (typeof value !== typeof existing) return false;
  if (typeof value !== 'number' || typeof existing !== 'number') return value === existing;
  if (Number.isNaN(value) || value === existing) return true;
  return Math.abs(value - existing) <= RELATIVE_TOLERANCE * Math.abs(existing) && Number.isFinite(existing);
}
