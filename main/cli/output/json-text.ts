import type { JsonValue } from '../../../core/base/json.ts';

/**
 * A value as JSON in one line, which programs read line by line or as a whole. Numbers that JSON lacks become the strings `NaN`, `Infinity` and `-Infinity`,
 * so that every JSON reader takes the text and nobody takes them for a missing value.
 */
export function toJsonText(value: JsonValue | object): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  );
}
