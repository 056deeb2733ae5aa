import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '../../../core/base/errors.ts';
import type { JsonObject } from '../../../core/base/json.ts';
import { parsePythonJson } from '../../../core/base/python-json.ts';
import { parseSearchSpace } from '../../../core/search-space/parse-search-space.ts';
import { checkTrainingSpace, defaultSpace } from '../../../core/training/training-space.ts';

/** What the system says of a file that cannot be read, in words. */
const FILE_FAULTS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EISDIR', 'is a folder'],
  ['EACCES', 'may not be read (permission denied)'],
  ['EPERM', 'may not be read (permission denied)'],
]);

/**
 * The search space of a file, or the original article's where no file is given.
 *
 * @param fixed values of hyperparameters that the space must not vary.
 * @throws {InvalidInputError} where the file cannot be read, is no space, or holds what training cannot take.
 */
export async function readSpace(file: string | undefined, fixed: JsonObject): Promise<readonly JsonObject[]> {
  const text = file === undefined ? JSON.stringify(defaultSpace()) : await readSpaceFile(file);
  const space = parseSearchSpace(text);
  if (space.length === 0) {
    throw new InvalidInputError(
      '--space',
      `--space is ${file}, but this file varies nothing; name a parameter.`,
    );
  }
  checkTrainingSpace(space, fixed);
  // Parsed as a space above, so every item is an object with the members of a parameter.
  return parsePythonJson(text) as readonly JsonObject[];
}

async function readSpaceFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InvalidInputError(
      '--space',
      `--space is ${JSON.stringify(file)}, but this file ${FILE_FAULTS.get(code) ?? `cannot be read (${message})`}.`,
      { cause: error },
    );
  }
}
