import { InvalidInputError } from './errors.ts';
import type { JsonValue } from './json.ts';

/**
 * JSON as Python's `json` module reads and writes it: `NaN`, `Infinity` and `-Infinity` are literals, text is
 * escaped to ASCII, and `1.0` is another type than `1`.
 */

/** A parsed value together with the text it was read from. */
export interface SourcedJson {
  readonly value: JsonValue;
  /** The value's own text, without surrounding blanks; `1.0` and `1` differ here. */
  readonly source: string;
  /** Where the value is a list: its elements. */
  readonly items?: readonly SourcedJson[];
  /** Where the value is an object: its members; of a repeated key the last one. */
  readonly members?: ReadonlyMap<string, SourcedJson>;
}

/**
 * Parse JSON that Python may have written.
 *
 * @throws {InvalidInputError} with line and column of the first character that does not fit.
 */
export function parsePythonJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Either one of Python's literals or an error; the parser below tells which, with its position.
    return parsePythonJsonWithSource(text).value;
  }
}

/**
 * As {@link parsePythonJson}, keeping the text of every value.
 *
 * @throws {InvalidInputError} with line and column of the first character that does not fit.
 */
export function parsePythonJsonWithSource(text: string): SourcedJson {
  return new PythonJsonParser(text).parse();
}

/** Lists and objects within each other; Python stops at about as many. */
const MAX_DEPTH = 900;
const LITERALS: ReadonlyArray<readonly [string, JsonValue]> = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
const BLANKS = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;

class PythonJsonParser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): SourcedJson {
    this.#skipBlanks();
    const parsed = this.#parseValue(0);
    this.#skipBlanks();
    if (this.#position < this.#text.length) this.#fail('the end of the text');
    return parsed;
  }

  #parseValue(depth: number): SourcedJson {
    if (depth > MAX_DEPTH)
      throw new InvalidInputError('JSON', 'JSON: lists and objects lie too deep in each other.');
    const first = this.#text[this.#position];
    if (first === '{') return this.#parseObject(depth);
    if (first === '[') return this.#parseList(depth);
    if (first === '"') return this.#parseString();
    for (const [source, value] of LITERALS) {
      if (!this.#text.startsWith(source, this.#position)) continue;
      this.#position += source.length;
      return { value, source };
    }
    const source = this.#match(NUMBER);
    if (source === null) return this.#fail('a value');
    return { value: Number(source), source };
  }

  #parseList(depth: number): SourcedJson {
    const start = this.#position++;
    const items: SourcedJson[] = [];
    this.#skipBlanks();
    if (!this.#take(']')) {
      do {
        this.#skipBlanks();
        items.push(this.#parseValue(depth + 1));
        this.#skipBlanks();
      } while (this.#take(','));
      if (!this.#take(']')) this.#fail("',' or ']'");
    }
    const source = this.#text.slice(start, this.#position);
    return { value: items.map((item) => item.value), source, items };
  }

  #parseObject(depth: number): SourcedJson {
    const start = this.#position++;
    const members = new Map<string, SourcedJson>();
    this.#skipBlanks();
    if (!this.#take('}')) {
      do {
        this.#skipBlanks();
        const key = this.#parseString().value;
        this.#skipBlanks();
        if (!this.#take(':')) this.#fail("':'");
        this.#skipBlanks();
        members.set(key, this.#parseValue(depth + 1));
        this.#skipBlanks();
      } while (this.#take(','));
      if (!this.#take('}')) this.#fail("',' or '}'");
    }
    // Object.fromEntries defines members, so that a key `__proto__` is a key like any other.
    const value = Object.fromEntries([...members].map(([key, member]) => [key, member.value]));
    return { value, source: this.#text.slice(start, this.#position), members };
  }

  #parseString(): { value: string; source: string } {
    const source = this.#text.slice(this.#position, this.#endOfString());
    try {
      const value = JSON.parse(source) as string;
      this.#position += source.length;
      return { value, source };
    } catch {
      return this.#fail('a string in double quotes');
    }
  }

  /** The position after the quote that ends the string; a quote after an odd run of backslashes is text. */
  #endOfString(): number {
    if (this.#text[this.#position] !== '"') return this.#position;
    let end = this.#position;
    for (;;) {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) return this.#text.length;
      let backslashes = 0;
      while (this.#text[end - 1 - backslashes] === '\\') backslashes += 1;
      if (backslashes % 2 === 0) return end + 1;
    }
  }

  #skipBlanks(): void {
    this.#match(BLANKS);
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#position += found.length;
    return found;
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#position);
    const line = before.split('\n').length;
    const column = this.#position - before.lastIndexOf('\n');
    const found =
      this.#position < this.#text.length
        ? JSON.stringify(this.#text.slice(this.#position, this.#position + 12))
        : 'the end of the text';
    throw new InvalidInputError(
      'JSON',
      `JSON, line ${line}, column ${column}: expected ${expected}, found ${found}.`,
    );
  }
}

/**
 * Write a value as Python's `json.dumps` does, character for character.
 *
 * A whole number is written as an integer; use {@link toPythonFloat} where Python must read a float.
 *
 * @throws {InvalidInputError} where the value holds something that JSON does not know, such as a function.
 */
export function toPythonJson(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return numberToJson(value);
  if (typeof value === 'string') return stringToJson(value);
  if (isList(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).map(
      ([key, member]) => `${stringToJson(key)}: ${toPythonJson(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  throw new InvalidInputError('JSON', `JSON cannot hold a value of type ${typeof value}.`);
}

/** `repr(float)` of Python: the shortest digits that read back as the same number, always a float. */
export function toPythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '0', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  // Python changes to an exponent below 1e-4 and from 1e16 on.
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** A whole number as Python writes an `int`, without exponent however large. */
export function toPythonInt(value: number): string {
  return BigInt(value).toString();
}

function numberToJson(value: number): string {
  return Number.isInteger(value) && !Object.is(value, -0) ? toPythonInt(value) : toPythonFloat(value);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

function stringToJson(text: string): string {
  const escaped = text.replace(
    /["\\]|[^ -~]/g,
    (character) => SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
