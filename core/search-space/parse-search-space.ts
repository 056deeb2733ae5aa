import { InvalidInputError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { parsePythonJsonWithSource, type SourcedJson, toPythonJson } from '../base/python-json.ts';
import type { CategoricalChoice, Distribution } from '../distributions/base.ts';
import { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import { IntDistribution } from '../distributions/int-distribution.ts';
import type { Condition, DeclarativeSpace, SpaceParameter } from './search-space.ts';

/** Longest parameter name that Optuna's database layout holds. */
const MAX_NAME_LENGTH = 512;
const COMMON_KEYS = new Set(['name', 'type', 'when', 'grid']);
const KEYS_BY_TYPE: ReadonlyMap<string, readonly string[]> = new Map([
  ['float', ['low', 'high', 'log', 'step']],
  ['int', ['low', 'high', 'log', 'step']],
  ['categorical', ['choices']],
]);
const EXAMPLE = '[{"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true}]';

/**
 * Read a declarative space: a list of parameters in the order in which they are asked for.
 *
 * `float` and `int` have `low`, `high`, `log`, `step`; `categorical` has `choices`. `when: {"param": …, "in": […]}` asks
 * for a parameter only where an earlier one has one of those values. `grid` holds the values of a grid search.
 *
 * @param json text, or what it parses to.
 * @throws {InvalidInputError} with one sentence about the first thing that is wrong.
 */
export function parseSearchSpace(json: string | JsonValue): DeclarativeSpace {
  const root = readJson(typeof json === 'string' ? json : toPythonJson(json));
  if (root.items === undefined) {
    throw new InvalidInputError(
      'space',
      `space is ${kindOf(root.value)}, but it must be a list of parameters such as ${EXAMPLE}.`,
    );
  }
  const space: SpaceParameter[] = [];
  for (const [index, item] of root.items.entries()) space.push(parseParameter(item, index, space));
  return space;
}

function readJson(text: string): SourcedJson {
  try {
    return parsePythonJsonWithSource(text);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError('space', `space is not valid ${error.message}`, { cause: error });
  }
}

function parseParameter(item: SourcedJson, index: number, earlier: DeclarativeSpace): SpaceParameter {
  const place = `space: parameter ${index + 1}`;
  if (item.members === undefined) {
    throw new InvalidInputError(
      place,
      `${place} is ${kindOf(item.value)}, but it must be an object such as ${EXAMPLE.slice(1, -1)}.`,
    );
  }
  const name = item.members.get('name')?.value;
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH) {
    throw new InvalidInputError(
      `${place}.name`,
      `${place} needs a name of 1 to ${MAX_NAME_LENGTH} characters.`,
    );
  }
  const same = earlier.findIndex((parameter) => parameter.name === name);
  if (same >= 0) {
    throw new InvalidInputError(
      `${place}.name`,
      `${place} is named '${name}', but so is parameter ${same + 1}; names must differ.`,
    );
  }
  return new ParameterReader(name, item.members, earlier).read();
}

/** Reads one parameter; every fault names it as `space: <name>.<key>`. */
class ParameterReader {
  readonly #name: string;
  readonly #members: ReadonlyMap<string, SourcedJson>;
  readonly #earlier: DeclarativeSpace;

  constructor(name: string, members: ReadonlyMap<string, SourcedJson>, earlier: DeclarativeSpace) {
    this.#name = name;
    this.#members = members;
    this.#earlier = earlier;
  }

  read(): SpaceParameter {
    const distribution = this.#readDistribution();
    return {
      name: this.#name,
      distribution,
      when: this.#readCondition(),
      grid: this.#readGrid(distribution),
    };
  }

  #readDistribution(): Distribution {
    const type = this.#members.get('type')?.value;
    const keys = typeof type === 'string' ? KEYS_BY_TYPE.get(type) : undefined;
    if (typeof type !== 'string' || keys === undefined) {
      const found = type === undefined ? 'missing' : toPythonJson(type);
      return this.#fail('type', `is ${found}, but it must be "float", "int" or "categorical"`);
    }
    for (const key of this.#members.keys()) {
      if (COMMON_KEYS.has(key) || keys.includes(key)) continue;
      this.#fail(
        key,
        `is no setting of a ${type} parameter; those are ${[...keys, 'when', 'grid'].join(', ')}`,
      );
    }
    if (type === 'categorical') return this.#readChoices();
    return this.#inOwnWords(() => (type === 'int' ? this.#readInt() : this.#readFloat()));
  }

  #readFloat(): FloatDistribution {
    return new FloatDistribution(this.#readNumber('low'), this.#readNumber('high'), {
      log: this.#readLog(),
      step: this.#has('step') ? this.#readNumber('step') : null,
    });
  }

  #readInt(): IntDistribution {
    return new IntDistribution(this.#readWhole('low'), this.#readWhole('high'), {
      log: this.#readLog(),
      step: this.#has('step') ? this.#readWhole('step') : 1,
    });
  }

  #readChoices(): CategoricalDistribution {
    const items = this.#members.get('choices')?.items;
    if (items === undefined || items.length === 0) {
      return this.#fail(
        'choices',
        `is ${this.#show('choices')}, but it must be a list of at least one choice`,
      );
    }
    return new CategoricalDistribution(
      items.map((item) => this.#readChoice('choices', item)),
      items.map((item) => item.source),
    );
  }

  #readChoice(key: string, item: SourcedJson): CategoricalChoice {
    const { value } = item;
    if (typeof value === 'object' && value !== null) {
      return this.#fail(
        key,
        `holds ${kindOf(value)}, but only text, numbers, true, false and null are allowed`,
      );
    }
    return value;
  }

  #readCondition(): Condition | null {
    if (!this.#has('when')) return null;
    const members = this.#members.get('when')?.members;
    const param = members?.get('param')?.value;
    const values = members?.get('in')?.items;
    if (members?.size !== 2 || typeof param !== 'string' || values === undefined || values.length === 0) {
      return this.#fail(
        'when',
        `is ${this.#show('when')}, but it must be like {"param": "optimizer", "in": ["SGD"]}`,
      );
    }
    const parent = this.#earlier.find((parameter) => parameter.name === param);
    if (parent === undefined) {
      return this.#fail(
        'when',
        `names the parameter '${param}', but only a parameter that stands before ${this.#name} may be named`,
      );
    }
    const wanted = values.map((item) => this.#readChoice('when', item));
    for (const value of wanted) {
      if (isPossible(value, parent.distribution)) continue;
      this.#fail(
        'when',
        `names the value ${toPythonJson(value)}, which ${param} never has; it has ${describe(parent.distribution)}`,
      );
    }
    return { param, in: wanted };
  }

  #readGrid(distribution: Distribution): readonly CategoricalChoice[] | null {
    if (!this.#has('grid')) return null;
    const items = this.#members.get('grid')?.items;
    if (items === undefined || items.length === 0) {
      return this.#fail('grid', `is ${this.#show('grid')}, but it must be a list of at least one value`);
    }
    const grid = items.map((item) => this.#readChoice('grid', item));
    for (const value of grid) {
      if (isPossible(value, distribution)) continue;
      this.#fail('grid', `holds ${toPythonJson(value)}, but the parameter has ${describe(distribution)}`);
    }
    return grid;
  }

  #readNumber(key: string): number {
    const value = this.#members.get(key)?.value;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return this.#fail(key, `is ${this.#show(key)}, but it must be a number`);
    }
    return value;
  }

  #readWhole(key: string): number {
    const value = this.#readNumber(key);
    if (Number.isSafeInteger(value)) return value;
    return this.#fail(key, `is ${this.#show(key)}, but an int parameter needs a whole number`);
  }

  #readLog(): boolean {
    const value = this.#members.get('log')?.value ?? false;
    return typeof value === 'boolean'
      ? value
      : this.#fail('log', `is ${this.#show('log')}, but it must be true or false`);
  }

  /** Null counts as left out, as in Python. */
  #has(key: string): boolean {
    return (this.#members.get(key)?.value ?? null) !== null;
  }

  #show(key: string): string {
    return this.#members.get(key)?.source ?? 'missing';
  }

  /** Distributions speak of `low` and `high`; people know them as this parameter's. */
  #inOwnWords<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof InvalidInputError) || error.field.startsWith('space')) throw error;
      const field = `space: ${this.#name}.${error.field}`;
      throw new InvalidInputError(field, `space: ${this.#name}.${error.message}`, { cause: error });
    }
  }

  #fail(key: string, problem: string): never {
    const field = `space: ${this.#name}.${key}`;
    throw new InvalidInputError(field, `${field} ${problem}.`);
  }
}

function isPossible(value: CategoricalChoice, distribution: Distribution): boolean {
  try {
    return distribution.contains(distribution.toInternalRepr(value));
  } catch (error) {
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}

function describe(distribution: Distribution): string {
  if (distribution.name === 'CategoricalDistribution')
    return `the choices ${distribution.choicesJson.join(', ')}`;
  const { low, high, step } = distribution;
  const steps =
    step === null || (distribution.name === 'IntDistribution' && step === 1) ? '' : ` in steps of ${step}`;
  return `${distribution.name === 'IntDistribution' ? 'whole numbers' : 'numbers'} from ${low} to ${high}${steps}`;
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'text' : String(value);
}
