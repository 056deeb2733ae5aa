import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Write a file so that it is there whole or not at all, and stays after a power cut: beside it first, flushed, then
 * renamed over the old one. After a kill a `.new` file may be left, which the next call overwrites.
 *
 * @throws the system's error, such as `ENOSPC`; what was written beside is removed then.
 */
export function writeFileDurably(file: string, parts: readonly Uint8Array[]): void {
  const temporary = `${file}.new`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      for (const part of parts) {
        for (let written = 0; written < part.length; ) written += writeSync(descriptor, part, written);
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  // Windows cannot open a folder, and flushes names by itself.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
