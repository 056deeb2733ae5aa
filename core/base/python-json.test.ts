import { describe, expect, it } from 'vitest';
import { InvalidInputError } from './errors.ts';
import { parsePythonJson, parsePythonJsonWithSource, toPythonFloat, toPythonJson } from './python-json.ts';

describe('parsePythonJson', () => {
  it.each([
    ['{"a": NaN, "b": [Infinity, -Infinity, -1]}', { a: Number.NaN, b: [Infinity, -Infinity, -1] }],
    [' [ ] ', []],
    ['{"x": {}, "y": NaN}', { x: {}, y: Number.NaN }],
    ['"\\ud83d\\ude00 \\"q\\" \\u00e9"', '😀 "q" é'],
    ['[NaN, 1e5, -0.5, 1.0, true, null, "NaN"]', [Number.NaN, 1e5, -0.5, 1, true, null, 'NaN']],
    ['[NaN, 123456789012345678901234567890]', [Number.NaN, 1.2345678901234568e29]],
    ['["\\ud800", NaN]', ['\ud800', Number.NaN]],
  ])('reads %s', (text, value) => {
    expect(parsePythonJson(text)).toStrictEqual(value);
  });

  it('keeps a key __proto__ as a key', () => {
    const parsed = parsePythonJson('{"__proto__": NaN}');
    expect(Object.keys(parsed as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  it.each([
    ['', 'JSON, line 1, column 1: expected a value, found the end of the text.'],
    ['{"a": 1,\n "b" 2}', 'JSON, line 2, column 6: expected \':\', found "2}".'],
    ['[1, 2', "JSON, line 1, column 6: expected ',' or ']', found the end of the text."],
    ['[01]', "JSON, line 1, column 3: expected ',' or ']', found \"1]\"."],
    ['nan', 'JSON, line 1, column 1: expected a value, found "nan".'],
    ['["a\nb"]', 'JSON, line 1, column 2: expected a string in double quotes, found "\\"a\\nb\\"]".'],
    ["{'a': 1}", 'JSON, line 1, column 2: expected a string in double quotes, found "\'a\': 1}".'],
    ['1 2', 'JSON, line 1, column 3: expected the end of the text, found "2".'],
  ])('says where %j goes wrong', (text, message) => {
    expect(() => parsePythonJson(text)).toThrow(new InvalidInputError('JSON', message));
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(() => parsePythonJsonWithSource('['.repeat(100_000))).toThrow(InvalidInputError);
  });

  it('gives every value with its text', () => {
    const parsed = parsePythonJsonWithSource('{"c": [1.0, 1, [1, 2] , NaN], "c2": "x"}');
    expect(parsed.members?.get('c')?.items?.map((item) => item.source)).toEqual([
      '1.0',
      '1',
      '[1, 2]',
      'NaN',
    ]);
    expect(parsed.members?.get('c2')?.source).toBe('"x"');
  });
});

describe('toPythonJson', () => {
  // The right-hand sides are what CPython 3.11 prints for the same values.
  it.each([
    [[Number.NaN, Infinity, -Infinity], '[NaN, Infinity, -Infinity]'],
    [
      { a: 'é😀\u007f\n"\\/', b: { c: null } },
      '{"a": "\\u00e9\\ud83d\\ude00\\u007f\\n\\"\\\\/", "b": {"c": null}}',
    ],
    [[1, -2, 1e21, 0.1, 1e-5, 1.5e-7, -0], '[1, -2, 1000000000000000000000, 0.1, 1e-05, 1.5e-07, -0.0]'],
    [[true, false, [], {}], '[true, false, [], {}]'],
  ])('writes %j', (value, text) => {
    expect(toPythonJson(value)).toBe(text);
  });

  it.each([
    [0, '0.0'],
    [1, '1.0'],
    [-3, '-3.0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.2345e22, '1.2345e+22'],
    [123456789.125, '123456789.125'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
  ])('writes the float %d as %s', (value, text) => {
    expect(toPythonFloat(value)).toBe(text);
    expect(Number(toPythonFloat(value))).toBe(value);
  });

  it('refuses what JSON does not know', () => {
    expect(() => toPythonJson([undefined] as unknown as string[])).toThrow(InvalidInputError);
  });
});
