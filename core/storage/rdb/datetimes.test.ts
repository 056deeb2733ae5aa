import { describe, expect, it } from 'vitest';
import { StorageError } from '../../base/errors.ts';
import { formatDatetime, parseDatetime } from './datetimes.ts';

describe('stored datetimes', () => {
  it.each([
    [new Date(2026, 10, 23, 9, 5, 7, 3), '2026-11-23 09:05:07.003000'],
    [new Date(2026, 0, 1, 0, 0, 0, 0), '2026-01-01 00:00:00.000000'],
    [new Date(1999, 11, 31, 23, 59, 59, 999), '1999-12-31 23:59:59.999000'],
  ])('are local time with six digits after the point: %s', (date, text) => {
    expect(formatDatetime(date)).toBe(text);
    expect(parseDatetime(text)).toEqual(date);
  });

  it.each([
    ['2026-11-23 09:05:07.123999', 123],
    ['2026-11-23 09:05:07.123', 0],
    ['2026-11-23 09:05:07', 0],
  ])('count microseconds after the point, as Python does: %s', (text, milliseconds) => {
    expect(parseDatetime(text)).toEqual(new Date(2026, 10, 23, 9, 5, 7, milliseconds));
  });

  it('are understood in a form that Python cannot read', () => {
    expect(parseDatetime('2026-11-23T10:00:00.123Z')).toEqual(new Date('2026-11-23T10:00:00.123Z'));
  });

  it('say what cannot be a time', () => {
    expect(() => parseDatetime('yesterday')).toThrow(StorageError);
  });
});
