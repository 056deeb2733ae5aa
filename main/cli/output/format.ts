import type { ParamValue } from '../../../core/distributions/base.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Significant digits of a parameter; enough to repeat a trial by hand, the file keeps all of them. */
const PARAM_DIGITS = 3;

/** An objective value with four decimals, such as `1.9731`; with four digits where that would hide it. */
export function formatValue(value: number): string {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return Number.isFinite(value) ? '0.0000' : String(value);
  return magnitude < 0.001 || magnitude >= 1e9 ? value.toPrecision(4) : value.toFixed(4);
}

/** A parameter's value, such as `0.00182`, `32` or `AdamW`. */
export function formatParam(value: ParamValue): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(PARAM_DIGITS)));
}

/** All parameters in one clause, by name: `batch_size 32, lr 0.00182, optimizer AdamW`. */
export function formatParams(params: Readonly<Record<string, ParamValue>>): string {
  return sortedParams(params)
    .map(([name, value]) => `${name} ${formatParam(value)}`)
    .join(', ');
}

/** Parameters by name, in alphabetical order. */
export function sortedParams(params: Readonly<Record<string, ParamValue>>): Array<[string, ParamValue]> {
  return Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A duration in at most two units, such as `8.1 s`, `41 s`, `3 min 20 s` or `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9.95 * SECOND_MS) return `${(durationMs / SECOND_MS).toFixed(1)} s`;
  if (durationMs < 59.5 * SECOND_MS) return `${Math.round(durationMs / SECOND_MS)} s`;
  if (durationMs < 59.5 * MINUTE_MS) return inTwoUnits(durationMs, MINUTE_MS, 'min', SECOND_MS, 's');
  if (durationMs < 23.9 * HOUR_MS) return inTwoUnits(durationMs, HOUR_MS, 'h', MINUTE_MS, 'min');
  return inTwoUnits(durationMs, DAY_MS, 'd', HOUR_MS, 'h');
}

function inTwoUnits(
  durationMs: number,
  largeMs: number,
  large: string,
  smallMs: number,
  small: string,
): string {
  const total = Math.round(durationMs / smallMs);
  const perLarge = largeMs / smallMs;
  const rest = total % perLarge;
  return `${Math.floor(total / perLarge)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** A noun with its count: `1 image`, `1200 images`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
