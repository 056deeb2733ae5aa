import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import type { ParamValue } from '../distributions/base.ts';
import { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import { IntDistribution } from '../distributions/int-distribution.ts';
import { parseSearchSpace } from './parse-search-space.ts';
import { gridSize, suggestAll } from './search-space.ts';

/** A parameter named x beside the given members. */
function oneParameter(members: object): string {
  return JSON.stringify([{ name: 'x', ...members }]);
}

function messageOf(text: string): string {
  try {
    parseSearchSpace(text);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** What {@link suggestAll} asks for where parameters have the given values. */
function asked(text: string, values: Readonly<Record<string, ParamValue>>): string[] {
  const names: string[] = [];
  suggestAll(
    {
      suggest(name) {
        names.push(name);
        return values[name] ?? null;
      },
    },
    parseSearchSpace(text),
  );
  return names;
}

describe('parseSearchSpace', () => {
  it('reads every kind of parameter', () => {
    const space = parseSearchSpace(`[
      {"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
      {"name": "drop", "type": "float", "low": 0, "high": 0.5, "step": 0.25, "log": false},
      {"name": "n", "type": "int", "low": 1, "high": 9, "step": 4},
      {"name": "opt", "type": "categorical", "choices": ["SGD", null, 1.0], "grid": ["SGD"]},
      {"name": "mom", "type": "float", "low": 0, "high": 1, "step": null, "when": {"param": "opt", "in": ["SGD", 1]}}
    ]`);
    expect(space.map(({ name, when, grid }) => [name, when, grid])).toEqual([
      ['lr', null, null],
      ['drop', null, null],
      ['n', null, null],
      ['opt', null, ['SGD']],
      ['mom', { param: 'opt', in: ['SGD', 1] }, null],
    ]);
    expect(space.map(({ distribution }) => distribution)).toEqual([
      new FloatDistribution(1e-5, 0.1, { log: true }),
      new FloatDistribution(0, 0.5, { step: 0.25 }),
      new IntDistribution(1, 9, { step: 4 }),
      new CategoricalDistribution(['SGD', null, 1], ['"SGD"', 'null', '1.0']),
      new FloatDistribution(0, 1),
    ]);
  });

  it('takes parsed JSON as well', () => {
    const json = [{ name: 'x', type: 'int', low: 1, high: 3 }];
    expect(parseSearchSpace(json)).toEqual(parseSearchSpace(JSON.stringify(json)));
    expect(parseSearchSpace('[]')).toEqual([]);
  });

  it.each([
    [
      '[{"name": "x",]',
      'space is not valid JSON, line 1, column 15: expected a string in double quotes, found "]".',
    ],
    ['', 'space is not valid JSON, line 1, column 1: expected a value, found the end of the text.'],
    [
      '{"name": "x"}',
      'space is an object, but it must be a list of parameters such as [{"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true}].',
    ],
    [
      '["x"]',
      'space: parameter 1 is text, but it must be an object such as {"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true}.',
    ],
    ['[{"type": "int"}]', 'space: parameter 1 needs a name of 1 to 512 characters.'],
    [
      '[{"name": "x", "type": "int", "low": 0, "high": 1}, {"name": "x"}]',
      "space: parameter 2 is named 'x', but so is parameter 1; names must differ.",
    ],
  ])('says what is wrong with the list: %s', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  it.each([
    [{}, 'space: x.type is missing, but it must be "float", "int" or "categorical".'],
    [{ type: 'double' }, 'space: x.type is "double", but it must be "float", "int" or "categorical".'],
    [{ type: 'toString' }, 'space: x.type is "toString", but it must be "float", "int" or "categorical".'],
    [
      { type: 'float', low: 0, hihg: 1 },
      'space: x.hihg is no setting of a float parameter; those are low, high, log, step, when, grid.',
    ],
    [
      { type: 'categorical', choices: [1], low: 1 },
      'space: x.low is no setting of a categorical parameter; those are choices, when, grid.',
    ],
    [{ type: 'float', low: 0 }, 'space: x.high is missing, but it must be a number.'],
    [{ type: 'float', low: '0', high: 1 }, 'space: x.low is "0", but it must be a number.'],
    [
      { type: 'float', low: 0.1, high: 0.01 },
      'space: x.low is 0.1, but it must not be above high, which is 0.01.',
    ],
    [
      { type: 'float', low: 0, high: 1, log: true },
      'space: x.low is 0, but it must be above 0 for a log range.',
    ],
    [
      { type: 'float', low: -1, high: 1, log: true },
      'space: x.low is -1, but it must be above 0 for a log range.',
    ],
    [
      { type: 'float', low: 1, high: 2, log: true, step: 0.5 },
      'space: x.step is 0.5, but a log range allows no step.',
    ],
    [{ type: 'float', low: 1, high: 2, step: 0 }, 'space: x.step is 0, but it must be above 0.'],
    [{ type: 'float', low: 1, high: 2, log: 1 }, 'space: x.log is 1, but it must be true or false.'],
    [{ type: 'int', low: 1.5, high: 2 }, 'space: x.low is 1.5, but an int parameter needs a whole number.'],
    [{ type: 'int', low: 3, high: 2 }, 'space: x.low is 3, but it must not be above high, which is 2.'],
    [
      { type: 'int', low: 0, high: 2, log: true },
      'space: x.low is 0, but it must be 1 or more for a log range of integers.',
    ],
    [
      { type: 'int', low: 1, high: 9, log: true, step: 2 },
      'space: x.step is 2, but a log range allows only 1.',
    ],
    [
      { type: 'categorical', choices: [] },
      'space: x.choices is [], but it must be a list of at least one choice.',
    ],
    [{ type: 'categorical' }, 'space: x.choices is missing, but it must be a list of at least one choice.'],
    [
      { type: 'categorical', choices: ['a', ['b']] },
      'space: x.choices holds a list, but only text, numbers, true, false and null are allowed.',
    ],
    [
      { type: 'int', low: 0, high: 5, grid: [6] },
      'space: x.grid holds 6, but the parameter has whole numbers from 0 to 5.',
    ],
    [
      { type: 'int', low: 0, high: 5, grid: [] },
      'space: x.grid is [], but it must be a list of at least one value.',
    ],
  ])('says what is wrong with a parameter: %j', (members, message) => {
    expect(messageOf(oneParameter(members))).toBe(message);
  });

  const optimizer = { name: 'opt', type: 'categorical', choices: ['SGD', 'Adam'] };
  const layers = { name: 'layers', type: 'int', low: 1, high: 9, step: 2 };
  it.each([
    [
      { param: 'later', in: [1] },
      "space: x.when names the parameter 'later', but only a parameter that stands before x may be named.",
    ],
    [
      { param: 'x', in: [1] },
      "space: x.when names the parameter 'x', but only a parameter that stands before x may be named.",
    ],
    [
      { param: 'opt', in: ['SGD', 'sgd'] },
      'space: x.when names the value "sgd", which opt never has; it has the choices "SGD", "Adam".',
    ],
    [
      { param: 'layers', in: [2] },
      'space: x.when names the value 2, which layers never has; it has whole numbers from 1 to 9 in steps of 2.',
    ],
    [
      { param: 'opt', in: 'SGD' },
      'space: x.when is {"param":"opt","in":"SGD"}, but it must be like {"param": "optimizer", "in": ["SGD"]}.',
    ],
    [
      { param: 'opt', in: [] },
      'space: x.when is {"param":"opt","in":[]}, but it must be like {"param": "optimizer", "in": ["SGD"]}.',
    ],
    [
      { param: 'opt', is: 'SGD' },
      'space: x.when is {"param":"opt","is":"SGD"}, but it must be like {"param": "optimizer", "in": ["SGD"]}.',
    ],
  ])('says what is wrong with the condition %j', (when, message) => {
    const x = { name: 'x', type: 'float', low: 0, high: 1, when };
    const later = { name: 'later', type: 'int', low: 0, high: 1 };
    expect(messageOf(JSON.stringify([optimizer, layers, x, later]))).toBe(message);
  });
});

describe('suggestAll', () => {
  const text = JSON.stringify([
    { name: 'opt', type: 'categorical', choices: ['SGD', 'Adam', null] },
    { name: 'mom', type: 'float', low: 0, high: 1, when: { param: 'opt', in: ['SGD'] } },
    { name: 'nesterov', type: 'categorical', choices: [true, false], when: { param: 'mom', in: [0.5] } },
    { name: 'warm', type: 'int', low: 0, high: 1, when: { param: 'nesterov', in: [1] } },
    { name: 'none', type: 'int', low: 0, high: 1, when: { param: 'opt', in: [null] } },
  ]);

  it('asks in order for what the conditions leave', () => {
    expect(asked(text, { opt: 'Adam' })).toEqual(['opt']);
    expect(asked(text, { opt: 'SGD', mom: 0.1 })).toEqual(['opt', 'mom']);
    expect(asked(text, { opt: 'SGD', mom: 0.5, nesterov: false })).toEqual(['opt', 'mom', 'nesterov']);
    expect(asked(text, { opt: 'SGD', mom: 0.5, nesterov: true })).toEqual(['opt', 'mom', 'nesterov', 'warm']);
    expect(asked(text, { opt: null })).toEqual(['opt', 'none']);
  });
});

describe('gridSize', () => {
  const opt = { name: 'opt', type: 'categorical', choices: ['SGD', 'Adam', 'AdamW'] };
  const n = { name: 'n', type: 'int', low: 1, high: 10, step: 3 };
  const drop = { name: 'drop', type: 'float', low: 0, high: 0.3, step: 0.1 };
  const lr = { name: 'lr', type: 'float', low: 0, high: 1 };

  it.each([
    ['of nothing is 1', [], 1],
    ['multiplies', [opt, n, drop], 3 * 4 * 4],
    ['is infinite with a float without step', [opt, lr], Infinity],
    ['counts a float of one value once', [{ ...lr, high: 0 }, opt], 3],
    ['takes the grid where given', [opt, { ...lr, grid: [0, 0.5] }], 6],
    [
      'counts conditional parameters only where they are asked for',
      [opt, { ...n, when: { param: 'opt', in: ['SGD'] } }],
      6,
    ],
    [
      'follows conditions on numbers and on conditional parameters',
      [n, { ...opt, when: { param: 'n', in: [4, 7] } }, { ...drop, when: { param: 'opt', in: ['Adam'] } }],
      2 * (2 + 4) + 2,
    ],
    [
      'stays finite where the infinite part is never asked for',
      [
        { ...opt, grid: ['Adam'] },
        { ...lr, when: { param: 'opt', in: ['SGD'] } },
      ],
      1,
    ],
  ])('%s', (_, space, size) => {
    expect(gridSize(parseSearchSpace(JSON.stringify(space)))).toBe(size);
  });
});
