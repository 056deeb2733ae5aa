import { StorageError } from '../../base/errors.ts';

/**
 * Datetimes as Optuna 4.1 keeps them in SQLite: local time without a zone, always six digits of microseconds.
 *
 * One text of another form makes Python fail for the whole study list of a file, so nothing else is ever
 * written. Optuna 5 writes UTC into the same columns and leaves no sign of it; such times are shown as local
 * ones, and durations, which are differences, stay right.
 */
export function formatDatetime(date: Date): string {
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`;
  return `${day} ${time}.${pad(date.getMilliseconds(), 3)}000`;
}

const STORED = /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?)?$/;

/**
 * Read a stored datetime; microseconds are cut off to milliseconds.
 *
 * As in Python, the digits after the point count microseconds whatever their number. Forms that Python could not
 * read (`2026-11-23T10:00:00Z`) are understood.
 *
 * @throws {StorageError} `damaged` where the text is no datetime.
 */
export function parseDatetime(text: string): Date {
  const parts = STORED.exec(text);
  if (parts === null) {
    const date = new Date(text);
    if (Number.isNaN(date.getTime()))
      throw new StorageError('damaged', `The database holds '${text}' where a date and time is expected.`);
    return date;
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, microseconds = 0] = parts
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return new Date(year, month - 1, day, hour, minute, second, Math.trunc(microseconds / 1000));
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
