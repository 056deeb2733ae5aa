import { InvalidInputError } from '../base/errors.ts';
import { toPythonJson } from '../base/python-json.ts';
import type { BaseDistribution, CategoricalChoice, ParamValue } from './base.ts';

/** One of a list of choices. Optuna: `CategoricalDistribution`. The internal form is the choice's index. */
export class CategoricalDistribution implements BaseDistribution<CategoricalChoice> {
  readonly name = 'CategoricalDistribution';
  readonly choices: readonly CategoricalChoice[];
  /**
   * The JSON text of each choice. Kept as it was read, since `1.0` and `1` are one number here, but a float and
   * an int to the Python program that reads the study next.
   */
  readonly choicesJson: readonly string[];

  /**
   * @param choicesJson the JSON text of each choice, where it was read from a file.
   * @throws {InvalidInputError} where there is no choice.
   */
  constructor(
    choices: readonly CategoricalChoice[],
    choicesJson: readonly string[] = choices.map(toPythonJson),
  ) {
    if (choices.length === 0)
      throw new InvalidInputError('choices', 'choices is empty, but it must name at least one choice.');
    this.choices = [...choices];
    this.choicesJson = [...choicesJson];
  }

  single(): boolean {
    return this.choices.length === 1;
  }

  contains(internal: number): boolean {
    const index = Math.trunc(internal);
    return index >= 0 && index < this.choices.length;
  }

  /** The index of the first choice that equals the value in Python's sense, see {@link choicesEqual}. */
  toInternalRepr(external: ParamValue): number {
    const index = this.choices.findIndex((choice) => choicesEqual(choice, external));
    if (index < 0) {
      const list = this.choicesJson.join(', ');
      throw new InvalidInputError(
        'value',
        `The value ${toPythonJson(external)} is none of the choices ${list}.`,
      );
    }
    return index;
  }

  /** @throws {InvalidInputError} where no choice has that index. */
  toExternalRepr(internal: number): CategoricalChoice {
    const choice = this.choices[Math.trunc(internal)];
    if (choice === undefined) {
      throw new InvalidInputError(
        'value',
        `The index ${internal} is not below ${this.choices.length}, the number of choices.`,
      );
    }
    return choice;
  }
}

/** Equality of choices as in Python, where `1 == True` and `0 == False`; NaN equals NaN. */
export function choicesEqual(a: CategoricalChoice, b: CategoricalChoice): boolean {
  const left = typeof a === 'boolean' ? Number(a) : a;
  const right = typeof b === 'boolean' ? Number(b) : b;
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}
