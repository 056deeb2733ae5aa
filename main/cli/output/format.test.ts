import { describe, expect, it } from 'vitest';
import { count, formatDuration, formatParam, formatParams, formatValue } from './format.ts';

describe('formatValue', () => {
  it.each([
    [1.97314159, '1.9731'],
    [0, '0.0000'],
    [-0.5, '-0.5000'],
    [0.00012341, '0.0001234'],
    [1.2341e-9, '1.234e-9'],
    [3e12, '3.000e+12'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NaN, 'NaN'],
  ])('writes %d as %s', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });
});

describe('formatParam', () => {
  it.each([
    [0.0018234567, '0.00182'],
    [0.1, '0.1'],
    [1.00004e-5, '0.00001'],
    [32, '32'],
    [123456, '123456'],
    ['AdamW', 'AdamW'],
    [true, 'true'],
    [null, 'null'],
  ])('writes %j as %s', (value, text) => {
    expect(formatParam(value)).toBe(text);
  });

  it('puts parameters in alphabetical order', () => {
    expect(formatParams({ optimizer: 'SGD', lr: 0.01, batch_size: 8 })).toBe(
      'batch_size 8, lr 0.01, optimizer SGD',
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [8_140, '8.1 s'],
    [9_960, '10 s'],
    [59_499, '59 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [100_000_000, '1 d 4 h'],
  ])('writes %d ms as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

it('counts nouns', () => {
  expect([count(1, 'image'), count(2, 'class', 'classes')]).toEqual(['1 image', '2 classes']);
});
