import type { JsonValue } from '../../../core/base/json.ts';

/**
 * A value as one indented JSON text. Numbers that JSON lacks become the strings `NaN`, `Infinity` and `-Infinity`,
 * so that every JSON reader takes the text and nobody takes them for a missing value.
 */
export function toReadableJson(value: JsonValue | object): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'number' && !Number.isFinite(item) ? String(item) : item),
    2,
  );
}
