import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { HoneError } from '../../../base/errors.ts';
import { noise } from '../../recorded/formula.ts';
import type { Backend } from '../base.ts';
import { createWasmBackend } from './wasm-backend.ts';

afterEach(() => {
  tf.disposeVariables();
});

function listenerCounts(): number[] {
  return [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')];
}

// First in this file: Emscripten sets up its handlers when it is first loaded.
test('Emscripten, once loaded, listens for no errors of ours', async () => {
  const before = listenerCounts();
  const backend = await createWasmBackend();
  expect(listenerCounts()).toEqual(before);
  backend.dispose();
});

/** Tensors as TensorFlow.js counts them, and blocks of values as its backend does. */
function tensorCounts(): number[] {
  return [tf.memory().numTensors, tf.backend().numDataIds()];
}

/** Changes a variable in place, as every training step does. */
function stepInPlace(backend: Backend, variable: tf.Variable): void {
  const options = { name: 'SGD', weightDecay: 0, momentum: 0, nesterov: false } as const;
  const optimizer = backend.createOptimizer(options, [variable]);
  tf.tidy(() => {
    optimizer.step({ [variable.name]: tf.onesLike(variable) }, 0.5);
  });
  optimizer.dispose();
}

const filter = [3, 3, 4, 6];
const images: [number, number, number, number] = [2, 6, 5, 4];
const as3d = (tensor: tf.Tensor) => tensor as tf.Tensor3D;
const as4d = (tensor: tf.Tensor) => tensor as tf.Tensor4D;
const imagesOf = (value: number) => as4d(tf.mul(tf.ones(images), value));
const as2d = (tensor: tf.Tensor) => tensor as tf.Tensor2D;

/** Every stock operation whose kernel packs weights: the weights' shape and the operation on them. */
const STOCK: ReadonlyArray<readonly [string, readonly number[], (weights: tf.Tensor) => tf.Tensor]> = [
  ['conv2d', filter, (w) => tf.conv2d(imagesOf(1), as4d(w), 1, 'same')],
  [
    'fused.conv2d',
    filter,
    (w) =>
      tf.fused.conv2d({ x: imagesOf(1), filter: as4d(w), strides: 1, pad: 'same', activation: 'linear' }),
  ],
  ['depthwiseConv2d', [3, 3, 4, 1], (w) => tf.depthwiseConv2d(imagesOf(1), as4d(w), 1, 'same')],
  [
    'fused.depthwiseConv2d',
    [3, 3, 4, 1],
    (w) => tf.fused.depthwiseConv2d({ x: imagesOf(1), filter: as4d(w), strides: 1, pad: 'same' }),
  ],
  ['matMul of rank 2', [7, 5], (w) => tf.matMul(tf.ones([3, 7]), as2d(w))],
  ['matMul transposed', [5, 7], (w) => tf.matMul(tf.ones([3, 7]), as2d(w), false, true)],
  ['matMul of rank 3', [2, 7, 5], (w) => tf.matMul(tf.ones([2, 3, 7]), as3d(w))],
  ['fused.matMul of rank 2', [7, 5], (w) => tf.fused.matMul({ a: tf.ones([3, 7]), b: as2d(w) })],
  ['fused.matMul of rank 3', [2, 7, 5], (w) => tf.fused.matMul({ a: tf.ones([2, 3, 7]), b: as3d(w) })],
  ['prelu', [4], (w) => tf.prelu(imagesOf(-1), w)],
];

test.each(STOCK)('%s sees weights that were changed in place', async (_, shape, run) => {
  const backend = await createWasmBackend();
  const weights = tf.variable(tf.tensor(noise(shape, 0.2), [...shape]));
  // The first step gives the variable memory of its own; from then on its identity stays.
  stepInPlace(backend, weights);
  tf.tidy(() => {
    const before = run(weights).dataSync();
    stepInPlace(backend, weights);
    const after = run(weights).dataSync();
    const fresh = tf.tensor(weights.dataSync(), [...shape]);
    expect(after).not.toEqual(before);
    expect(after).toEqual(run(fresh).dataSync());
  });
  backend.dispose();
});

test('a variable changed in place leaves tensors that shared its values alone', async () => {
  const backend = await createWasmBackend();
  const initial = tf.tensor1d([1, 2, 3]);
  const [a, b] = [tf.variable(initial), tf.variable(initial)];
  stepInPlace(backend, a);
  const snapshot = a.clone();
  stepInPlace(backend, a);
  expect([...a.dataSync()]).toEqual([0, 1, 2]);
  expect([...snapshot.dataSync()]).toEqual([0.5, 1.5, 2.5]);
  for (const untouched of [b, initial]) expect([...untouched.dataSync()]).toEqual([1, 2, 3]);
  tf.dispose([initial, snapshot]);
  backend.dispose();
});

test('a full heap throws out-of-memory and leaves every tensor as it was', async () => {
  const backend = await createWasmBackend();
  const first = tf.tensor1d(Array.from({ length: 1000 }, (_, i) => i));
  const large: tf.Tensor[] = [];
  const fill = () => {
    // 256 MB each, never touched: only addresses are used up.
    for (let i = 0; i < 20; i++) {
      large.push(tf.engine().makeTensorFromTensorInfo(emptyTensor([64 * 2 ** 20])));
    }
  };
  expect(fill).toThrow(HoneError);
  expect(fill).toThrow(/training heap of \d+ MB has no room/);
  const small = tf.tensor1d([7, 7, 7]);
  expect([...first.dataSync()]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  tf.dispose([large, first, small]);
  backend.dispose();
});

test.each(['forward', 'backward'])('a step that fails in its %s pass leaves nothing behind', async (pass) => {
  const backend = await createWasmBackend();
  const x = tf.variable(tf.tensor4d(noise(images, 0.1), images));
  const weights = tf.variable(tf.tensor(noise(filter, 0.2), [3, 3, 4, 6]));
  const broken = tf.customGrad((y) => ({
    value: tf.mean(y as tf.Tensor),
    gradFunc: () => {
      throw new Error('no gradient');
    },
  }));
  const step = (layers: number) =>
    backend.runStep(() =>
      tf.tidy(() =>
        tf.variableGrads(() => {
          let y: tf.Tensor = x;
          for (let i = 0; i < layers; i++) y = backend.ops.activation(y, 'silu');
          const convolved = backend.ops.conv2d(y as tf.Tensor4D, weights as tf.Tensor as tf.Tensor4D, 1, 1);
          if (pass === 'forward') throw new Error('no forward');
          return broken(convolved) as tf.Scalar;
        }),
      ),
    );
  expect(() => step(1)).toThrow(`no ${pass === 'forward' ? 'forward' : 'gradient'}`);
  const before = tensorCounts();
  expect(() => step(5)).toThrow('no ');
  expect(tensorCounts()).toEqual(before);
  backend.dispose();
});

/** What TensorFlow.js's own kernels call for their outputs. */
function emptyTensor(shape: number[]): tf.TensorInfo {
  const backend = tf.backend() as unknown as { makeOutput(shape: number[], dtype: string): tf.TensorInfo };
  return backend.makeOutput(shape, 'float32');
}

function batchNormOfFive() {
  return {
    weight: tf.variable(tf.ones([5])),
    bias: tf.variable(tf.zeros([5])),
    runningMean: tf.variable(tf.zeros([5]), false),
    runningVar: tf.variable(tf.ones([5]), false),
  };
}

describe('gradients that a kernel works out together', () => {
  const shape: [number, number, number, number] = [2, 3, 4, 5];
  const options = { training: true, momentum: 0.1, eps: 1e-5, activation: 'relu' } as const;

  test('survive until each is asked for, and nothing is left over', async () => {
    const backend = await createWasmBackend();
    const state = batchNormOfFive();
    const scale = tf.variable(tf.ones([2, 5]));
    const filters = tf.variable(tf.tensor(noise([3, 3, 5, 5], 0.1), [3, 3, 5, 5]));
    const x = tf.tensor4d(noise(shape, 0.4), shape);
    const labels = tf.tensor1d([1, 2], 'int32');
    const step = (wanted: tf.Variable[]) =>
      backend.runStep(() =>
        tf.tidy(() => {
          const { ops } = backend;
          const forward = () => {
            const convolved = ops.conv2dBias(
              x,
              filters as tf.Tensor4D,
              state.bias as tf.Tensor1D,
              1,
              1,
              'relu',
            );
            const normalised = ops.batchNorm(convolved, state, { ...options, residual: x });
            const scaled = ops.scaleChannels(normalised, scale as tf.Tensor2D);
            return ops.crossEntropy(ops.globalAvgPool(scaled), labels, 0) as tf.Scalar;
          };
          const { grads } = tf.variableGrads(forward, wanted);
          return Object.values(grads).map((gradient) => gradient.dataSync());
        }),
      );
    const all = [state.weight, state.bias, scale, filters];
    const together = step(all);
    expect(together).toHaveLength(4);
    const counts = tensorCounts();
    // Alone, each leaves the others' values unasked for.
    for (const [i, variable] of all.entries()) expect(step([variable])).toEqual([together[i]]);
    expect(tensorCounts()).toEqual(counts);
    tf.dispose([x, labels]);
    backend.dispose();
  });

  test("leave the caller's own cotangent alone", async () => {
    const backend = await createWasmBackend();
    const x = tf.tensor4d(noise(shape, 0.4), shape);
    const cotangent = tf.onesLike(x);
    const run = (image: tf.Tensor) => backend.ops.activation(image, 'silu');
    const [dx] = backend.runStep(() => tf.grads(run)([x], cotangent));
    expect(cotangent.isDisposed).toBe(false);
    tf.dispose([x, cotangent, dx ?? []]);
    backend.dispose();
  });
});

describe('another backend in the place of wasm', () => {
  test('is refused under its own name and under the name of wasm', async () => {
    const factory = tf.findBackendFactory('wasm');
    for (const impostor of [
      () => {
        throw new Error('no wasm here');
      },
      () => new MathBackendCPU(),
    ]) {
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', impostor);
      await expect(createWasmBackend()).rejects.toThrow(
        /The wasm backend could not be started; \w+ is active/,
      );
    }
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory);
    const backend = await createWasmBackend();
    expect(backend.name).toBe('wasm');
    backend.dispose();
  });
});
