import { InvalidInputError } from '../base/errors.ts';
import {
  parsePythonJsonWithSource,
  type SourcedJson,
  toPythonFloat,
  toPythonInt,
  toPythonJson,
} from '../base/python-json.ts';
import type { CategoricalChoice, Distribution } from './base.ts';
import { CategoricalDistribution } from './categorical-distribution.ts';
import { FloatDistribution } from './float-distribution.ts';
import { IntDistribution } from './int-distribution.ts';

/**
 * The JSON of a distribution, as Optuna keeps it in `trial_params.distribution_json`.
 *
 * Bounds of floats are written as floats and those of ints as ints, since Python takes the type from the text.
 */
export function distributionToJson(distribution: Distribution): string {
  return `{"name": "${distribution.name}", "attributes": ${attributesToJson(distribution)}}`;
}

function attributesToJson(distribution: Distribution): string {
  if (distribution.name === 'FloatDistribution') {
    const { step, low, high, log } = distribution;
    const stepJson = step === null ? 'null' : toPythonFloat(step);
    return `{"step": ${stepJson}, "low": ${toPythonFloat(low)}, "high": ${toPythonFloat(high)}, "log": ${log}}`;
  }
  if (distribution.name === 'IntDistribution') {
    const { log, step, low, high } = distribution;
    return `{"log": ${log}, "step": ${toPythonInt(step)}, "low": ${toPythonInt(low)}, "high": ${toPythonInt(high)}}`;
  }
  return `{"choices": [${distribution.choicesJson.join(', ')}]}`;
}

/**
 * Read a distribution that any Optuna from 1.x on has written, the retired classes and the short form
 * (`{"type": "float", "low": 0, "high": 1}`) included.
 *
 * An integer bound above 2^53 becomes the nearest double.
 *
 * @throws {InvalidInputError} where the text is no JSON, or no distribution.
 */
export function distributionFromJson(text: string): Distribution {
  const members = membersOf(parsePythonJsonWithSource(text), 'distribution');
  if (!members.has('name')) return fromShortForm(readName(members, 'type'), members);
  const name = readName(members, 'name');
  const attributes = membersOf(members.get('attributes'), 'distribution: attributes');
  const low = () => readNumber(attributes, 'low');
  const high = () => readNumber(attributes, 'high');
  switch (name) {
    case 'FloatDistribution':
      return new FloatDistribution(low(), high(), {
        log: readFlag(attributes),
        step: readStep(attributes, 'step'),
      });
    case 'UniformDistribution':
      return new FloatDistribution(low(), high());
    case 'LogUniformDistribution':
      return new FloatDistribution(low(), high(), { log: true });
    case 'DiscreteUniformDistribution':
      return new FloatDistribution(low(), high(), { step: readNumber(attributes, 'q') });
    case 'IntDistribution':
    case 'IntUniformDistribution':
      return new IntDistribution(low(), high(), {
        log: readFlag(attributes),
        step: readStep(attributes, 'step') ?? 1,
      });
    case 'IntLogUniformDistribution':
      return new IntDistribution(low(), high(), { log: true, step: readStep(attributes, 'step') ?? 1 });
    case 'CategoricalDistribution':
      return fromChoices(attributes);
    default:
      throw new InvalidInputError('distribution', `The distribution ${toPythonJson(name)} is unknown.`);
  }
}

type Members = ReadonlyMap<string, SourcedJson>;

function fromShortForm(type: string, members: Members): Distribution {
  if (type === 'categorical') return fromChoices(members);
  const step = readStep(members, 'step');
  if (type === 'float') {
    return new FloatDistribution(readNumber(members, 'low'), readNumber(members, 'high'), {
      log: readFlag(members),
      step,
    });
  }
  if (type === 'int') {
    return new IntDistribution(readNumber(members, 'low'), readNumber(members, 'high'), {
      log: readFlag(members),
      step: step ?? 1,
    });
  }
  throw new InvalidInputError('distribution', `The distribution type ${toPythonJson(type)} is unknown.`);
}

function fromChoices(members: Members): CategoricalDistribution {
  const items = members.get('choices')?.items;
  if (items === undefined) throw new InvalidInputError('distribution: choices', 'choices must be a list.');
  return new CategoricalDistribution(
    items.map(toChoice),
    items.map((item) => item.source),
  );
}

/** Lists and objects, which Optuna lets pass with a warning, are shown as their JSON text. */
function toChoice(item: SourcedJson): CategoricalChoice {
  return typeof item.value === 'object' && item.value !== null ? item.source : item.value;
}

function membersOf(json: SourcedJson | undefined, field: string): Members {
  if (json?.members === undefined) throw new InvalidInputError(field, `${field} must be a JSON object.`);
  return json.members;
}

function readName(members: Members, key: string): string {
  const value = members.get(key)?.value;
  if (typeof value !== 'string') {
    throw new InvalidInputError(`distribution: ${key}`, `${key} of a distribution must be a string.`);
  }
  return value;
}

function readNumber(members: Members, key: string): number {
  const value = members.get(key)?.value;
  if (typeof value !== 'number') {
    throw new InvalidInputError(`distribution: ${key}`, `${key} of a distribution must be a number.`);
  }
  return value;
}

function readStep(members: Members, key: string): number | null {
  const value = members.get(key)?.value;
  return value === undefined || value === null ? null : readNumber(members, key);
}

function readFlag(members: Members): boolean {
  return members.get('log')?.value === true;
}
