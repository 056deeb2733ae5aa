import { InvalidInputError } from '../base/errors.ts';
import type { Distribution } from './base.ts';
import { choicesEqual } from './categorical-distribution.ts';

/** True where both describe the same range. A NaN bound equals nothing, as in Python. */
export function distributionsEqual(a: Distribution, b: Distribution): boolean {
  if (a.name === 'CategoricalDistribution') {
    if (b.name !== 'CategoricalDistribution' || a.choices.length !== b.choices.length) return false;
    return a.choices.every((choice, index) => choicesEqual(choice, b.choices[index] ?? null));
  }
  if (a.name !== b.name) return false;
  return a.low === b.low && a.high === b.high && a.log === b.log && a.step === b.step;
}

/**
 * Check that a parameter that a study knows may be asked for with another range: bounds and step may change,
 * the kind, `log` and the choices may not. Optuna: `check_distribution_compatibility`.
 *
 * @throws {InvalidInputError} naming what changed.
 */
export function checkDistributionCompatibility(
  paramName: string,
  known: Distribution,
  asked: Distribution,
): void {
  const of = `The parameter '${paramName}'`;
  if (known.name !== asked.name) {
    throw new InvalidInputError(
      paramName,
      `${of} has the kind ${known.name} in this study and cannot become ${asked.name}.`,
    );
  }
  if (known.name === 'CategoricalDistribution') {
    if (!distributionsEqual(known, asked)) {
      throw new InvalidInputError(
        paramName,
        `${of} has the choices ${known.choicesJson.join(', ')} in this study, and CategoricalDistribution does not support dynamic value space.`,
      );
    }
  } else if (asked.name !== 'CategoricalDistribution' && known.log !== asked.log) {
    throw new InvalidInputError(paramName, `${of} has log ${known.log} in this study and cannot change it.`);
  }
}
