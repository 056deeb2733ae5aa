import type { ValueType } from './tables.ts';

/** A number as it is stored: the number and its type, or the type alone. */
export interface StoredNumber {
  readonly value: number | null;
  readonly type: ValueType;
}

/** SQL's FLOAT holds no NaN, and MySQL's no infinity; Optuna names them in a column beside the value. */
export function toStoredNumber(value: number): StoredNumber {
  if (Number.isNaN(value)) return { value: null, type: 'NAN' };
  if (value === Number.POSITIVE_INFINITY) return { value: null, type: 'INF_POS' };
  if (value === Number.NEGATIVE_INFINITY) return { value: null, type: 'INF_NEG' };
  return { value, type: 'FINITE' };
}

/** The number that {@link toStoredNumber} took apart. */
export function fromStoredNumber(value: number | null, type: ValueType): number {
  if (type === 'INF_POS') return Number.POSITIVE_INFINITY;
  if (type === 'INF_NEG') return Number.NEGATIVE_INFINITY;
  return type === 'NAN' || value === null ? Number.NaN : value;
}
