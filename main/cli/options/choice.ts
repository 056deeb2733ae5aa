import { InvalidInputError } from '../../../core/base/errors.ts';

/**
 * Read an option that is one of a few words.
 *
 * @param field the option as the user types it: `--sampler`.
 * @throws {InvalidInputError}
 */
export function parseChoice<T extends string>(field: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new InvalidInputError(
    field,
    `${field} is ${JSON.stringify(text)}, but must be one of ${choices.join(', ')}.`,
  );
}
