import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';
import { InvalidInputError } from '../../../core/base/errors.ts';

/**
 * The user's library: studies that were given no file of their own.
 *
 * Linux: `$XDG_DATA_HOME/hone/library.db` (`~/.local/share` where unset); macOS: `~/Library/Application Support`;
 * Windows: `%LOCALAPPDATA%\hone\Data`.
 */
export function libraryFile(): string {
  return path.join(envPaths('hone', { suffix: '' }).data, 'library.db');
}

/**
 * The database file that `--storage` names, as an absolute path; the library where it was not given.
 *
 * @throws {InvalidInputError} for a URL or an empty text.
 */
export function parseStorageFile(text: string | undefined): string {
  if (text === undefined) return libraryFile();
  if (text.trim() === '') {
    throw new InvalidInputError('--storage', '--storage is empty, but must be the path of a database file.');
  }
  if (/^[a-z][a-z0-9+]*:\/\//i.test(text)) {
    throw new InvalidInputError(
      '--storage',
      `--storage is ${JSON.stringify(text)}, but must be the path of a database file such as study.db, not a URL.`,
    );
  }
  return path.resolve(text);
}

/**
 * Make the folder of the user's library, where that is the file. Folders that somebody named are theirs to make: a
 * name with a typing error should not become one.
 *
 * @throws {InvalidInputError} where it cannot be made.
 */
export async function makeLibraryFolder(storageFile: string): Promise<void> {
  if (storageFile !== libraryFile()) return;
  const folder = path.dirname(storageFile);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(
      '--storage',
      `--storage is not given, but the folder ${folder} of the library cannot be made (${reason}); name a file.`,
      { cause: error },
    );
  }
}
