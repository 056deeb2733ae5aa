import { statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { StorageError } from '../base/errors.ts';

/** Bytes that this user may still write on the disk of a file; Infinity where the system does not tell. */
export function freeBytes(file: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The error that says how many bytes a file needs at least, and how many there are. */
export function diskFullError(file: string, neededBytes: number, cause: unknown): StorageError {
  const message = `No space is left to write ${basename(file)}: at least ${bytes(neededBytes)} are needed, ${bytes(freeBytes(file))} are free on its disk.`;
  return new StorageError('disk-full', message, { cause });
}

/** The storage's error for one of Node's file system; any other error comes back as it is. */
export function fromFileError(error: unknown, file: string, neededBytes: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const options = { cause: error };
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFullError(file, neededBytes, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const message = `${basename(file)} cannot be written in ${dirname(file)}; check the permissions of that folder.`;
    return new StorageError('permission', message, options);
  }
  if (typeof code !== 'string') return error;
  return new StorageError('io', `${basename(file)} cannot be read or written (${code}).`, options);
}

function bytes(count: number): string {
  return Number.isFinite(count) ? `${count.toLocaleString('en')} bytes` : 'an unknown number of bytes';
}
