import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { parseSearchSpace } from '../search-space/parse-search-space.ts';
import { checkTrainingSpace, defaultSpace } from './training-space.ts';

function refusal(parameter: JsonObject, fixed = {}): { field: string; message: string } {
  try {
    checkTrainingSpace(parseSearchSpace([parameter]), fixed);
  } catch (error) {
    if (error instanceof InvalidInputError) return { field: error.field, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}

const everyKind: JsonObject[] = [
  { name: 'nesterov', type: 'categorical', choices: [true, false] },
  { name: 'batch_size', type: 'int', low: 8, high: 64, step: 8 },
  { name: 'width', type: 'float', low: 16, high: 64, step: 16 },
  { name: 'image_size', type: 'categorical', choices: ['32x32', '64x64'] },
  { name: 'momentum', type: 'float', low: 0, high: 0.99, when: { param: 'nesterov', in: [true] } },
  { name: 'dropout', type: 'categorical', choices: [0, 0.2, 0.5] },
];

describe('checkTrainingSpace', () => {
  test('takes the default space, and one with every kind of range', () => {
    expect(() => {
      checkTrainingSpace(parseSearchSpace(defaultSpace()), { model: 'cnn', image_size: '40x80' });
    }).not.toThrow();
    expect(() => {
      checkTrainingSpace(parseSearchSpace(everyKind));
    }).not.toThrow();
  });

  test('the default space asks in the order of the article', () => {
    expect(defaultSpace().map((parameter) => parameter.name)).toEqual(['batch_size', 'optimizer', 'lr']);
  });

  test('refuses an unknown name and lists the known ones', () => {
    const { field, message } = refusal({ name: 'learning_rate', type: 'float', low: 0, high: 1 });
    expect(field).toBe('space: learning_rate');
    expect(message).toMatch(
      /^space: learning_rate is a parameter which training does not know; use model, .*crop\.$/,
    );
  });

  test('refuses a choice that training cannot take', () => {
    expect(refusal({ name: 'batch_size', type: 'categorical', choices: [16, '32'] })).toEqual({
      field: 'space: batch_size.choices',
      message: 'space: batch_size.choices has "32", but each must be a whole number from 1 to 4096.',
    });
  });

  test('refuses an end out of range', () => {
    expect(refusal({ name: 'dropout', type: 'float', low: 0, high: 1 })).toEqual({
      field: 'space: dropout.high',
      message: 'space: dropout.high is 1, but it must be a number from 0 to 0.95.',
    });
  });

  test('refuses a range where a choice is needed, and a fraction where a whole number is', () => {
    expect(refusal({ name: 'optimizer', type: 'int', low: 0, high: 2 }).message).toBe(
      'space: optimizer.type is "int", but it must be categorical: optimizer is one of AdamW, Adam, SGD, RMSprop.',
    );
    expect(refusal({ name: 'depth', type: 'float', low: 1, high: 4 }).field).toBe('space: depth.type');
  });

  test('refuses a name that is both varied and fixed, unless the space varies it only under a condition', () => {
    const momentum = { name: 'momentum', type: 'float', low: 0, high: 0.9 } as const;
    expect(refusal(momentum, { momentum: 0.9 }).message).toBe(
      'momentum is fixed to 0.9, but the space varies it too: leave one out.',
    );
    const optimizer = { name: 'optimizer', type: 'categorical', choices: ['SGD', 'Adam'] };
    const conditional = { ...momentum, when: { param: 'optimizer', in: ['SGD'] } };
    expect(() => {
      checkTrainingSpace(parseSearchSpace([optimizer, conditional]), { momentum: 0.9 });
    }).not.toThrow();
  });
});
