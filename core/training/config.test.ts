import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import { trainingConfig } from './config.ts';
import { HYPERPARAMETERS, isAllowed } from './hyperparameters.ts';

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('trainingConfig', () => {
  test('fills in the defaults', () => {
    expect(trainingConfig({}, {}, 20)).toEqual({
      epochs: 20,
      model: 'cnn',
      imageHeight: 64,
      imageWidth: 64,
      batchSize: 32,
      optimizer: 'AdamW',
      lr: 1e-3,
      weightDecay: 0.01,
      momentum: 0,
      nesterov: false,
      schedule: 'constant',
      warmupEpochs: 1,
      dropout: 0,
      labelSmoothing: 0,
      depth: 3,
      width: 16,
      flip: 'none',
      shift: 0,
      crop: 0,
    });
  });

  test('every default of the table is allowed by its own row', () => {
    const wrong = HYPERPARAMETERS.filter((row) => row.default !== null && !isAllowed(row.kind, row.default));
    expect(wrong).toEqual([]);
  });

  test('takes defaults that depend on model and optimizer', () => {
    const config = trainingConfig({ optimizer: 'SGD' }, { model: 'mobilenet_v3_small' }, 1);
    expect([config.weightDecay, config.dropout]).toEqual([0, 0.2]);
    expect(
      trainingConfig({ dropout: 0, weight_decay: 0.5 }, { model: 'mobilenet_v3_small' }, 1),
    ).toMatchObject({
      dropout: 0,
      weightDecay: 0.5,
    });
  });

  test('a suggested value wins over a fixed one', () => {
    expect(trainingConfig({ momentum: 0.5 }, { momentum: 0.9 }, 1).momentum).toBe(0.5);
  });

  test('reads the size as height, then width', () => {
    expect(trainingConfig({ image_size: '40x80' }, {}, 1)).toMatchObject({ imageHeight: 40, imageWidth: 80 });
  });

  test.each([
    ['batch_size', 0, 'batch_size is 0, but must be a whole number from 1 to 4096.'],
    ['batch_size', 2.5, 'batch_size is 2.5, but must be a whole number from 1 to 4096.'],
    ['optimizer', 'Lion', 'optimizer is "Lion", but must be one of AdamW, Adam, SGD, RMSprop.'],
    ['lr', -1, 'lr is -1, but must be a number from 0 to 10.'],
    ['lr', '0.1', 'lr is "0.1", but must be a number from 0 to 10.'],
    [
      'image_size',
      '40',
      'image_size is "40", but must be HEIGHTxWIDTH with both from 8 to 1024, such as 40x80.',
    ],
    [
      'image_size',
      '4x80',
      'image_size is "4x80", but must be HEIGHTxWIDTH with both from 8 to 1024, such as 40x80.',
    ],
    ['model', null, 'model is null, but must be one of cnn, mobilenet_v3_small.'],
    ['nesterov', 1, 'nesterov is 1, but must be one of false, true.'],
  ] as const)('refuses %s = %s', (name, value, sentence) => {
    expect(messageOf(() => trainingConfig({ [name]: value }, {}, 1))).toBe(sentence);
    expect(messageOf(() => trainingConfig({}, { [name]: value }, 1))).toBe(sentence);
  });

  test('refuses NaN', () => {
    expect(messageOf(() => trainingConfig({ lr: Number.NaN }, {}, 1))).toContain(
      'must be a number from 0 to 10',
    );
  });

  test('refuses an unknown name with the known ones', () => {
    expect(messageOf(() => trainingConfig({ learning_rate: 1 }, {}, 1))).toMatch(
      /^learning_rate is not a hyperparameter that training knows: use model, image_size, batch_size, optimizer, lr,/,
    );
  });

  test.each([0, 1.5, Number.NaN])('refuses %s epochs', (epochs) => {
    expect(messageOf(() => trainingConfig({}, {}, epochs))).toContain('must be a whole number from 1');
  });
});
