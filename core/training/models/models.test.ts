import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RandomState } from '../../base/random-state.ts';
import type { Backend } from '../backends/base.ts';
import { createWasmBackend } from '../backends/wasm/wasm-backend.ts';
import { type ModelName, trainingConfig } from '../config.ts';
import { modelValues, noise, worstDifference } from '../recorded/formula.ts';
import recorded from '../recorded/models.recorded.json' with { type: 'json' };
import { trainStep } from '../train-step.ts';
import { createModel } from './create-model.ts';
import type { Model } from './model.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await createWasmBackend();
});
afterAll(() => {
  backend.dispose();
});
afterEach(() => {
  const left = tf.memory().numTensors;
  tf.disposeVariables();
  if (left > 0) throw new Error(`${left} tensors were left behind`);
});

const EVALUATION = { training: false, random: () => 0 };

function model(name: ModelName, classCount: number, params = {}, seed = 1): Model {
  const config = trainingConfig({ model: name, ...params }, {}, 1);
  return createModel(backend.ops, config, classCount, new RandomState(seed));
}

function images(batch: number, height: number, width: number): Tensor4D {
  const shape: [number, number, number, number] = [batch, height, width, 3];
  return tf.tensor4d(noise(shape, 0.5), shape);
}

function logits(of: Model, x: Tensor4D): Float32Array {
  return tf.tidy(() => of.forward(x, EVALUATION).dataSync<'float32'>());
}

describe.each(recorded)('$model as PyTorch', (entry) => {
  test('gives its logits and learns as it does', () => {
    const network = model(entry.model as ModelName, entry.classes, { dropout: 0 });
    expect(network.parameterCount).toBe(entry.parameterCount);
    for (const variable of [...network.parameters, ...network.buffers]) {
      tf.tidy(() => {
        variable.assign(tf.tensor(modelValues(variable.name, variable.shape), variable.shape));
      });
    }
    const x = images(entry.batch, entry.height, entry.width);
    expect(worstDifference(logits(network, x), entry.logits)).toBeLessThan(1e-4);

    const labels = tf.tensor1d(
      Array.from({ length: entry.batch }, (_, index) => index % entry.classes),
      'int32',
    );
    const options = { name: 'AdamW', weightDecay: 0.01, momentum: 0, nesterov: false } as const;
    const optimizer = backend.createOptimizer(options, network.parameters);
    const step = { lr: 1e-3, labelSmoothing: 0.1, random: () => 0 };
    const losses = entry.losses.map(() =>
      tf.tidy(() => trainStep(backend, network, optimizer, x, labels, step).dataSync()[0] ?? Number.NaN),
    );
    expect(worstDifference(losses, entry.losses)).toBeLessThan(1e-3);
    expect(worstDifference(logits(network, x), entry.logitsAfter)).toBeLessThan(1e-2);
    optimizer.dispose();
    network.dispose();
    tf.dispose([x, labels]);
  });
});

describe('createModel', () => {
  test('gives MobileNetV3-small as many parameters as torchvision, under its names', () => {
    const network = model('mobilenet_v3_small', 1000);
    expect(network.parameterCount).toBe(2_542_856);
    const names = [...network.parameters, ...network.buffers].map((variable) => variable.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'features.0.0.weight',
        'features.1.block.0.1.running_var',
        'features.1.block.1.fc1.weight',
        'features.4.block.2.fc2.bias',
        'features.12.1.bias',
        'classifier.3.bias',
      ]),
    );
    network.dispose();
  });

  test.each(['cnn', 'mobilenet_v3_small'] as const)('initialises %s from the seed alone', (name) => {
    const all = [1, 1, 2].map((seed) => {
      const network = model(name, 3, {}, seed);
      const values = network.parameters.map((variable) => Array.from(variable.dataSync().subarray(0, 20)));
      network.dispose();
      return values;
    });
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).not.toEqual(all[0]);
  });

  test('initialises as PyTorch: bounds and deviations', () => {
    const cnn = model('cnn', 4, { width: 32 });
    const second = cnn.parameters.find((variable) => variable.name === 'features.1.weight');
    const bound = 1 / Math.sqrt(32 * 9);
    const values = second?.dataSync() ?? [];
    expect(Math.max(...values)).toBeLessThanOrEqual(bound);
    expect(deviation(values)).toBeCloseTo(bound / Math.sqrt(3), 3);
    cnn.dispose();

    const mobilenet = model('mobilenet_v3_small', 4);
    const of = (name: string) => mobilenet.parameters.find((each) => each.name === name)?.dataSync() ?? [];
    expect(deviation(of('features.12.0.weight'))).toBeCloseTo(Math.sqrt(2 / 576), 3);
    expect(deviation(of('classifier.0.weight'))).toBeCloseTo(0.01, 4);
    // PyTorch counts every channel's filter into the fan of a depthwise convolution.
    expect(deviation(of('features.11.block.1.0.weight')) / Math.sqrt(2 / (25 * 576))).toBeCloseTo(1, 1);
    mobilenet.dispose();
  });

  test.each([1, 2, 6])('a CNN of depth %s takes pictures of 8 pixels', (depth) => {
    const cnn = model('cnn', 2, { depth, width: 4 });
    const x = images(2, 8, 9);
    expect(logits(cnn, x)).toHaveLength(4);
    cnn.dispose();
    x.dispose();
  });

  test('MobileNetV3-small trains on one picture of 1x1 features, where PyTorch throws', () => {
    const network = model('mobilenet_v3_small', 2);
    const x = images(1, 16, 16);
    const output = tf.tidy(() => network.forward(x, { training: true, random: () => 0.5 }).dataSync());
    expect([...output].every(Number.isFinite)).toBe(true);
    network.dispose();
    x.dispose();
  });
});

describe('dropout', () => {
  test('zeroes the share of features in training, keeps their mean, and does nothing in evaluation', () => {
    const network = model('cnn', 2, { dropout: 0.5, depth: 1, width: 256 });
    const x = images(1, 8, 8);
    const random = new RandomState(3);
    const plain = logits(network, x);
    const sums = [0, 0];
    const passes = 400;
    for (let pass = 0; pass < passes; pass++) {
      const output = tf.tidy(() =>
        network.forward(x, { training: true, random: () => random.random() }).dataSync(),
      );
      for (const [index, value] of output.entries()) sums[index] = (sums[index] ?? 0) + value / passes;
    }
    expect(worstDifference(sums, plain)).toBeLessThan(0.03);
    expect(logits(network, x)).toEqual(plain);
    network.dispose();
    x.dispose();
  });
});

function deviation(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
}
