import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { noise } from '../../recorded/formula.ts';
import type { Backend, OptimizerName } from '../base.ts';
import { createCpuBackend } from '../cpu-backend.ts';
import { createWasmBackend } from './wasm-backend.ts';

const BATCH = 12;
const SIZE = 9;
const CLASSES = 3;
const STEPS = 40;

afterEach(() => {
  tf.disposeVariables();
});

/** Pictures of noise with a brighter third: left, middle or right by class. */
function batch(): { readonly images: tf.Tensor4D; readonly labels: tf.Tensor1D } {
  const values = noise([BATCH, SIZE, SIZE, 3], 0.7);
  const labels = Array.from({ length: BATCH }, (_, i) => i % CLASSES);
  const brightened = values.map((value, i) => {
    const column = Math.floor(i / 3) % SIZE;
    const label = labels[Math.floor(i / (SIZE * SIZE * 3))];
    return value + (Math.floor(column / 3) === label ? 0.5 : 0);
  });
  return { images: tf.tensor4d(brightened, [BATCH, SIZE, SIZE, 3]), labels: tf.tensor1d(labels, 'int32') };
}

/** A small network with every operation in it; its variables in a fixed order. */
function network({ ops }: Backend) {
  const parameters: tf.Variable[] = [];
  const parameter = (shape: number[], scale: number, centre = 0) => {
    const values = noise(shape, 0.1 * (parameters.length + 1), scale).map((value) => value + centre);
    const variable = tf.variable(tf.tensor(values, shape));
    parameters.push(variable);
    return variable;
  };
  const filter = (shape: number[]) => parameter(shape, 0.5) as tf.Tensor as tf.Tensor4D;
  const bias = (size: number) => parameter([size], 0.1) as tf.Tensor as tf.Tensor1D;
  const weight = (rows: number, columns: number) =>
    parameter([rows, columns], 0.5) as tf.Tensor as tf.Tensor2D;
  const batchNorm = (size: number) => ({
    weight: parameter([size], 0.1, 1),
    bias: parameter([size], 0.1),
    runningMean: tf.variable(tf.zeros([size]), false),
    runningVar: tf.variable(tf.ones([size]), false),
  });
  const options = { training: true, momentum: 0.1, eps: 1e-5 } as const;
  const stem = { filter: filter([3, 3, 3, 9]), bias: bias(9) };
  const middle = { filter: filter([3, 3, 9, 8]), norm: batchNorm(8) };
  const depthwise = { filter: filter([5, 5, 8, 1]), norm: batchNorm(8) };
  const squeeze = { weight: weight(8, 8), bias: bias(8) };
  const project = { filter: filter([1, 1, 8, 8]), norm: batchNorm(8) };
  const head = { weight: weight(8, CLASSES), bias: bias(CLASSES) };
  const forward = (images: tf.Tensor4D): tf.Tensor2D => {
    let x = ops.conv2dBias(images, stem.filter, stem.bias, 1, 1, 'relu');
    x = ops.conv2d(ops.maxPool(x, 2, 2, 0), middle.filter, 1, 1);
    const shortcut = ops.batchNorm(x, middle.norm, { ...options, activation: 'hard-swish' });
    x = ops.depthwiseConv2d(shortcut, depthwise.filter, 1, 2);
    x = ops.batchNorm(x, depthwise.norm, { ...options, activation: 'silu' });
    const squeezed = ops.linear(ops.globalAvgPool(x), squeeze.weight, squeeze.bias);
    x = ops.scaleChannels(x, ops.activation(squeezed, 'hard-sigmoid'));
    x = ops.conv2d(x, project.filter, 1, 0);
    x = ops.batchNorm(x, project.norm, { ...options, activation: 'linear', residual: shortcut });
    return ops.linear(ops.globalAvgPool(x), head.weight, head.bias);
  };
  return { parameters, forward };
}

/** Loss of every step. */
function train(backend: Backend, name: OptimizerName): number[] {
  const { images, labels } = batch();
  // Variables outlive the scope, the tensors that they were made from do not.
  tf.engine().startScope();
  const { parameters, forward } = network(backend);
  tf.engine().endScope();
  const options = { name, weightDecay: 0.01, momentum: name === 'SGD' ? 0.9 : 0, nesterov: false };
  const optimizer = backend.createOptimizer(options, parameters);
  const losses = Array.from({ length: STEPS }, () =>
    backend.runStep(() =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(
          () => backend.ops.crossEntropy(forward(images), labels, 0.1) as tf.Scalar,
          parameters,
        );
        optimizer.step(grads, 0.01);
        return value.dataSync()[0] ?? Number.NaN;
      }),
    ),
  );
  optimizer.dispose();
  tf.dispose([images, labels]);
  return losses;
}

test.each(['SGD', 'AdamW'] as const)('learns as the cpu backend does, with %s', async (name) => {
  const expected = train(await createCpuBackend(), name);
  const wasm = await createWasmBackend();
  const actual = train(wasm, name);
  wasm.dispose();
  for (const [step, loss] of expected.entries()) {
    // Rounding grows from step to step; weights that had gone stale would be off by the second.
    expect(Math.abs((actual[step] ?? Number.NaN) - loss), `step ${step}`).toBeLessThan(0.005 * loss);
  }
  expect(actual.at(-1)).toBeLessThan(0.75 * (actual[0] ?? 0));
});

test('the same run twice gives bitwise the same losses', async () => {
  const wasm = await createWasmBackend();
  const first = train(wasm, 'AdamW');
  tf.disposeVariables();
  expect(train(wasm, 'AdamW')).toEqual(first);
  wasm.dispose();
});

test('training leaves nothing behind in the heap', async () => {
  const wasm = await createWasmBackend();
  train(wasm, 'AdamW');
  tf.disposeVariables();
  const before = [tf.memory().numTensors, tf.backend().numDataIds(), wasm.heapBytes()];
  for (let i = 0; i < 3; i++) {
    train(wasm, 'AdamW');
    tf.disposeVariables();
  }
  expect([tf.memory().numTensors, tf.backend().numDataIds(), wasm.heapBytes()]).toEqual(before);
  wasm.dispose();
});
