import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import { CategoricalDistribution } from './categorical-distribution.ts';
import { distributionFromJson, distributionToJson } from './distribution-json.ts';
import { FloatDistribution } from './float-distribution.ts';
import { IntDistribution } from './int-distribution.ts';

describe('distribution JSON', () => {
  // Written by Optuna 4.1's distribution_to_json.
  it.each([
    '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}',
    '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}',
    '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": -1.0, "high": 1e+20, "log": false}}',
    '{"name": "FloatDistribution", "attributes": {"step": null, "low": NaN, "high": Infinity, "log": false}}',
    '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": -4, "high": 4}}',
    '{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 1000000000000000000000}}',
    '{"name": "CategoricalDistribution", "attributes": {"choices": [1.0, 1, true, null, NaN, "\\u00e9", -0.0, 1e-05]}}',
    '{"name": "CategoricalDistribution", "attributes": {"choices": [9007199254740993, 12345678901234567890123, [1, 2.0]]}}',
  ])('reads and writes back %s unchanged', (text) => {
    expect(distributionToJson(distributionFromJson(text))).toBe(text);
  });

  it.each([
    ['{"name":"UniformDistribution","attributes":{"low":0,"high":1}}', new FloatDistribution(0, 1)],
    [
      '{"name":"LogUniformDistribution","attributes":{"low":0.1,"high":1}}',
      new FloatDistribution(0.1, 1, { log: true }),
    ],
    [
      '{"name":"DiscreteUniformDistribution","attributes":{"low":0,"high":1,"q":0.5}}',
      new FloatDistribution(0, 1, { step: 0.5 }),
    ],
    [
      '{"name":"IntUniformDistribution","attributes":{"low":0,"high":9,"step":3}}',
      new IntDistribution(0, 9, { step: 3 }),
    ],
    [
      '{"name":"IntLogUniformDistribution","attributes":{"low":1,"high":9,"step":1}}',
      new IntDistribution(1, 9, { log: true }),
    ],
    ['{"name":"FloatDistribution","attributes":{"low":0,"high":1,"log":false}}', new FloatDistribution(0, 1)],
    ['{"type":"float","low":1,"high":2,"log":true}', new FloatDistribution(1, 2, { log: true })],
    ['{"type":"int","low":0,"high":10,"step":5}', new IntDistribution(0, 10, { step: 5 })],
    ['{"type":"categorical","choices":["a",2]}', new CategoricalDistribution(['a', 2])],
  ])('reads the older or shorter form %s', (text, distribution) => {
    expect(distributionFromJson(text)).toEqual(distribution);
  });

  it('shows a list among the choices as its JSON text', () => {
    const text = '{"name": "CategoricalDistribution", "attributes": {"choices": [[1, 2.0], "b"]}}';
    expect(distributionFromJson(text)).toMatchObject({ choices: ['[1, 2.0]', 'b'] });
  });

  it.each([
    '',
    '[]',
    '{"name":"Other","attributes":{}}',
    '{"name":"FloatDistribution"}',
    '{"name":"FloatDistribution","attributes":{"low":"0","high":1}}',
    '{"name":"CategoricalDistribution","attributes":{"choices":{}}}',
    '{"type":"other"}',
  ])('refuses %j', (text) => {
    expect(() => distributionFromJson(text)).toThrow(InvalidInputError);
  });
});
