import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import type { FloatDistribution } from '../distributions/float-distribution.ts';
import type { IntDistribution } from '../distributions/int-distribution.ts';
import type { DeclarativeSpace } from '../search-space/search-space.ts';
import { knownHyperparameterNames } from './config.ts';
import { describeAllowed, findHyperparameter, type Hyperparameter, isAllowed } from './hyperparameters.ts';

/** A distribution of numbers from `low` to `high`. */
type Range = FloatDistribution | IntDistribution;

/**
 * Check that training can take every value that the space may suggest.
 *
 * @param fixed values given beside the space; one that the space always varies is a contradiction.
 * @throws {InvalidInputError} for an unknown name, a kind of range that does not fit, a value out of range, or a
 *   name that is both fixed and varied.
 */
export function checkTrainingSpace(space: DeclarativeSpace, fixed: JsonObject = {}): void {
  for (const { name, distribution, when } of space) {
    const row = findHyperparameter(name);
    if (row === undefined) {
      throw new InvalidInputError(
        `space: ${name}`,
        `space: ${name} is a parameter which training does not know; use ${knownHyperparameterNames()}.`,
      );
    }
    if (name in fixed && when === null) {
      throw new InvalidInputError(
        name,
        `${name} is fixed to ${JSON.stringify(fixed[name])}, but the space varies it too: leave one out.`,
      );
    }
    if (distribution.name === 'CategoricalDistribution') checkChoices(row, distribution);
    else checkRange(row, distribution);
  }
}

function checkChoices(row: Hyperparameter, { choices }: CategoricalDistribution): void {
  for (const choice of choices) {
    if (!isAllowed(row.kind, choice)) {
      throw new InvalidInputError(
        `space: ${row.name}.choices`,
        `space: ${row.name}.choices has ${JSON.stringify(choice)}, but each must be ${describeAllowed(row.kind)}.`,
      );
    }
  }
}

function checkRange(row: Hyperparameter, range: Range): void {
  if (!fits(row, range)) {
    const type = range.name === 'IntDistribution' ? 'int' : 'float';
    const wanted = row.kind.type === 'int' ? 'int or categorical' : 'categorical';
    throw new InvalidInputError(
      `space: ${row.name}.type`,
      `space: ${row.name}.type is "${type}", but it must be ${wanted}: ${row.name} is ${describeAllowed(row.kind)}.`,
    );
  }
  for (const end of ['low', 'high'] as const) {
    if (!isAllowed(row.kind, range[end])) {
      throw new InvalidInputError(
        `space: ${row.name}.${end}`,
        `space: ${row.name}.${end} is ${range[end]}, but it must be ${describeAllowed(row.kind)}.`,
      );
    }
  }
}

/** Whether numbers of this range are of the hyperparameter's kind at all. */
function fits(row: Hyperparameter, range: Range): boolean {
  if (row.kind.type === 'float') return true;
  if (row.kind.type !== 'int') return false;
  return Number.isInteger(range.low) && Number.isInteger(range.step);
}

/** The original article's space in JSON: batch size, optimizer and learning rate, asked for in this order. */
export function defaultSpace(): JsonObject[] {
  return [
    { name: 'batch_size', type: 'categorical', choices: [1, 2, 4, 8, 16, 32, 64, 128] },
    { name: 'optimizer', type: 'categorical', choices: ['AdamW', 'SGD', 'Adam'] },
    { name: 'lr', type: 'float', low: 1e-5, high: 1e-2, log: true },
  ];
}
