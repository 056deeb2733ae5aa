import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { CategoricalChoice } from '../distributions/base.ts';
import { knownHyperparameterNames } from './config.ts';
import { describeAllowed, findHyperparameter, type Hyperparameter, isAllowed } from './hyperparameters.ts';

/** What {@link checkTrainingSpace} reads of a parameter of a declarative search space. */
export interface TrainingSpaceParameter {
  readonly name: string;
  readonly type: 'float' | 'int' | 'categorical';
  readonly low?: number;
  readonly high?: number;
  readonly step?: number | null;
  readonly log?: boolean;
  readonly choices?: readonly CategoricalChoice[];
  /** Condition under which the parameter is asked for. */
  readonly when?: unknown;
}

/**
 * Check that training can take every value that the space may suggest. The space's own rules (low above high,
 * conditions) are checked by `core/search-space` before.
 *
 * @param fixed values given beside the space; one that the space always varies is a contradiction.
 * @throws {InvalidInputError} for an unknown name, a kind of range that does not fit, a value out of range, or a
 *   name that is both fixed and varied.
 */
export function checkTrainingSpace(space: readonly TrainingSpaceParameter[], fixed: JsonObject = {}): void {
  for (const parameter of space) {
    const row = findHyperparameter(parameter.name);
    if (row === undefined) {
      throw new InvalidInputError(
        `space: ${parameter.name}`,
        `The space varies ${parameter.name}, which training does not know: use ${knownHyperparameterNames()}.`,
      );
    }
    if (parameter.name in fixed && (parameter.when === undefined || parameter.when === null)) {
      throw new InvalidInputError(
        parameter.name,
        `${parameter.name} is fixed to ${JSON.stringify(fixed[parameter.name])}, but the space varies it too: leave one out.`,
      );
    }
    if (parameter.type === 'categorical') checkChoices(parameter, row);
    else checkRange(parameter, row);
  }
}

function checkChoices(parameter: TrainingSpaceParameter, row: Hyperparameter): void {
  for (const choice of parameter.choices ?? []) {
    if (!isAllowed(row.kind, choice)) {
      throw new InvalidInputError(
        `space: ${row.name}.choices`,
        `Choice ${JSON.stringify(choice)} of ${row.name} in the space is not usable: ${row.name} must be ${describeAllowed(row.kind)}.`,
      );
    }
  }
}

function checkRange(parameter: TrainingSpaceParameter, row: Hyperparameter): void {
  if (
    row.kind.type === 'choice' ||
    row.kind.type === 'size' ||
    (row.kind.type === 'int' && !isWhole(parameter))
  ) {
    const wanted = row.kind.type === 'int' ? 'int or categorical' : 'categorical';
    throw new InvalidInputError(
      `space: ${row.name}.type`,
      `The type of ${row.name} in the space is ${parameter.type}, but must be ${wanted}: ${row.name} is ${describeAllowed(row.kind)}.`,
    );
  }
  for (const end of ['low', 'high'] as const) {
    if (!isAllowed(row.kind, parameter[end])) {
      throw new InvalidInputError(
        `space: ${row.name}.${end}`,
        `${end} of ${row.name} in the space is ${parameter[end]}, but must be ${describeAllowed(row.kind)}.`,
      );
    }
  }
}

function isWhole(parameter: TrainingSpaceParameter): boolean {
  if (parameter.type === 'int') return true;
  return [parameter.low, parameter.step].every((value) => Number.isInteger(value));
}

/** The original article's space: batch size, optimizer and learning rate, asked for in this order. */
export function defaultSpace(): TrainingSpaceParameter[] {
  return [
    { name: 'batch_size', type: 'categorical', choices: [1, 2, 4, 8, 16, 32, 64, 128] },
    { name: 'optimizer', type: 'categorical', choices: ['AdamW', 'SGD', 'Adam'] },
    { name: 'lr', type: 'float', low: 1e-5, high: 1e-2, log: true },
  ];
}
