import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { noise, worstDifference } from '../../recorded/formula.ts';
import type { Activation, Backend, BatchNormState, TrainingOps } from '../base.ts';
import { createCpuBackend } from '../cpu-backend.ts';
import { createWasmBackend } from './wasm-backend.ts';

/** An operation on fresh inputs of the given shapes. */
interface Case {
  readonly title: string;
  readonly shapes: ReadonlyArray<readonly number[]>;
  readonly run: (ops: TrainingOps, inputs: tf.Tensor[]) => tf.Tensor;
}

/** Relative to the largest value: rounding of sums in another order, nothing more. */
const TOLERANCE = 2e-5;

/** batch, height, width, in, out, kernel, stride, padding. */
type Sizes = readonly [number, number, number, number, number, number, number, number];

const DIRECT: readonly Sizes[] = [
  [2, 7, 9, 3, 16, 3, 1, 1],
  [3, 8, 8, 4, 10, 3, 2, 1],
  [2, 9, 7, 5, 12, 7, 2, 3],
  [2, 6, 6, 3, 8, 5, 1, 2],
  [2, 7, 5, 3, 5, 4, 1, 2],
  [2, 6, 9, 2, 3, 6, 3, 1],
  [2, 5, 5, 4, 8, 3, 1, 0],
  [2, 11, 11, 4, 8, 3, 3, 1],
  // Rows and columns behind the last window, and pixels between windows, are reached by no tap.
  [2, 10, 10, 3, 5, 2, 3, 0],
  [2, 8, 7, 16, 24, 1, 2, 0],
  [1, 6, 5, 19, 33, 1, 1, 0],
  [140, 1, 1, 12, 9, 1, 1, 0],
  [1, 1, 1, 7, 5, 3, 1, 1],
  [5, 2, 2, 8, 8, 3, 1, 1],
];

/** 3x3 of stride 1 with enough channels and tiles for Winograd's algorithm. */
const WINOGRAD: readonly Sizes[] = [
  [4, 8, 8, 8, 8, 3, 1, 1],
  [5, 10, 7, 9, 13, 3, 1, 1],
  [3, 12, 10, 16, 24, 3, 1, 0],
  [3, 9, 9, 10, 12, 3, 1, 2],
  [1, 15, 14, 33, 17, 3, 1, 1],
  [60, 2, 2, 8, 20, 3, 1, 1],
];

const DEPTHWISE: readonly Sizes[] = [
  [2, 7, 9, 8, 8, 3, 1, 1],
  [3, 8, 8, 4, 4, 5, 2, 2],
  [2, 9, 7, 21, 21, 3, 2, 1],
  [1, 9, 12, 35, 35, 5, 1, 2],
  [2, 2, 3, 18, 18, 5, 1, 2],
  [1, 1, 1, 3, 3, 3, 2, 1],
  [2, 11, 10, 5, 5, 4, 3, 0],
  [2, 8, 9, 16, 16, 7, 1, 3],
];

const ACTIVATIONS: readonly Activation[] = [
  'linear',
  'relu',
  'silu',
  'hard-swish',
  'sigmoid',
  'hard-sigmoid',
];

const asImages = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;
const asRows = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor2D;
const asValues = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor1D;

function convolutionCases(kind: string, sizes: readonly Sizes[]): Case[] {
  return sizes.map(([batch, height, width, channels, out, kernel, stride, padding]) => ({
    title: `${kind} ${[batch, height, width, channels].join('x')} to ${out}, ${kernel}x${kernel}/${stride}+${padding}`,
    shapes: [[batch, height, width, channels], [kernel, kernel, channels, out], [out]],
    run: (ops, [x, filter, bias]) => {
      const activation = out % 2 === 0 ? 'relu' : 'silu';
      const plain = ops.conv2d(asImages(x), asImages(filter), stride, padding);
      const fused = ops.conv2dBias(
        asImages(x),
        asImages(filter),
        asValues(bias),
        stride,
        padding,
        activation,
      );
      return tf.tidy(() => ops.batchNorm(plain, frozenState(out), { ...EVALUATION, residual: fused }));
    },
  }));
}

const EVALUATION = { training: false, momentum: 0.1, eps: 1e-5, activation: 'linear' } as const;

/** Batch norm that only adds: a sum of two outputs whose gradient every backend knows. */
function frozenState(channels: number): BatchNormState {
  const variable = (value: number) => tf.variable(tf.mul(tf.ones([channels]), value), false);
  return { weight: variable(1), bias: variable(0), runningMean: variable(0), runningVar: variable(1 - 1e-5) };
}

const CASES: readonly Case[] = [
  ...convolutionCases('convolution', DIRECT),
  ...convolutionCases('Winograd convolution', WINOGRAD),
  ...DEPTHWISE.map(([batch, height, width, channels, , kernel, stride, padding]) => ({
    title: `depthwise ${[batch, height, width, channels].join('x')}, ${kernel}x${kernel}/${stride}+${padding}`,
    shapes: [
      [batch, height, width, channels],
      [kernel, kernel, channels, 1],
    ],
    run: (ops: TrainingOps, [x, filter]: tf.Tensor[]) =>
      ops.depthwiseConv2d(asImages(x), asImages(filter), stride, padding),
  })),
  ...[
    [2, 8, 6, 8, 2, 2, 0],
    [1, 7, 5, 3, 2, 2, 0],
    [2, 9, 8, 6, 3, 2, 1],
    [2, 5, 5, 5, 2, 1, 1],
    [1, 7, 7, 4, 2, 3, 0],
  ].map(([batch = 0, height = 0, width = 0, channels = 0, kernel = 0, stride = 0, padding = 0]) => ({
    title: `max pool ${[batch, height, width, channels].join('x')}, ${kernel}/${stride}+${padding}`,
    shapes: [[batch, height, width, channels]],
    run: (ops: TrainingOps, [x]: tf.Tensor[]) => ops.maxPool(asImages(x), kernel, stride, padding),
  })),
  ...ACTIVATIONS.slice(1).map((activation) => ({
    title: activation,
    shapes: [[5, 7]],
    run: (ops: TrainingOps, [x]: tf.Tensor[]) => ops.activation(asRows(x), activation),
  })),
  ...[3, 12, 37].map((channels) => ({
    title: `linear to ${channels}`,
    shapes: [[7, 21], [21, channels], [channels]],
    run: (ops: TrainingOps, [x, weight, bias]: tf.Tensor[]) =>
      ops.linear(asRows(x), asRows(weight), asValues(bias)),
  })),
  ...[1, 8, 18].flatMap((channels) => [
    {
      title: `scale of ${channels} channels`,
      shapes: [
        [3, 4, 5, channels],
        [3, channels],
      ],
      run: (ops: TrainingOps, [x, scale]: tf.Tensor[]) => ops.scaleChannels(asImages(x), asRows(scale)),
    },
    {
      title: `average of ${channels} channels`,
      shapes: [[3, 4, 5, channels]],
      run: (ops: TrainingOps, [x]: tf.Tensor[]) => ops.globalAvgPool(asImages(x)),
    },
  ]),
];

/** Values of the output and of the gradients of all inputs. */
function valuesOf(backend: Backend, { shapes, run }: Case): Float32Array[] {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) => tf.tensor(noise(shape, 0.3 * (i + 1)), [...shape]));
    const output = run(backend.ops, inputs);
    const cotangent = tf.tensor(noise(output.shape, 0.9), output.shape);
    const gradients = backend.runStep(() => tf.grads((...x) => run(backend.ops, x))(inputs, cotangent));
    return [output, ...gradients].map((tensor) => tensor.dataSync<'float32'>());
  });
}

describe.each(['relaxed', 'plain'] as const)('the %s build', (build) => {
  test.each(CASES.map((entry) => [entry.title, entry] as const))(
    '%s as the cpu backend',
    async (_, entry) => {
      const expected = valuesOf(await createCpuBackend(), entry);
      const wasm = await createWasmBackend(build);
      const actual = valuesOf(wasm, entry);
      const differences = expected.map((values, i) => worstDifference(actual[i] ?? [], values));
      expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
      wasm.dispose();
    },
  );

  test.each(
    [1, 4, 11, 36].flatMap((channels) => ACTIVATIONS.map((activation) => [channels, activation] as const)),
  )('batch norm of %i channels with %s as the cpu backend', async (channels, activation) => {
    const expected = batchNormValues(await createCpuBackend(), channels, activation);
    const wasm = await createWasmBackend(build);
    const actual = batchNormValues(wasm, channels, activation);
    const differences = Object.entries(expected).map(([name, values]) =>
      worstDifference(actual[name] ?? [], values),
    );
    expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
    wasm.dispose();
  });
});

function valuesFor(channels: number, phase: number): tf.Tensor {
  return tf.tensor(noise([channels], phase, 0.3), [channels]);
}

test('batch norm keeps its precision over many rows, far from zero, behind a first row like no other', async () => {
  const wasm = await createWasmBackend();
  const [rows, channels] = [64 * 64 * 16, 3];
  const values = noise([rows, channels], 0.3).map((value, i) => (i < channels ? 80 : 40 + value));
  const mean = new Float64Array(channels);
  for (const [i, value] of values.entries()) mean[i % channels]! += value / rows;
  const variance = new Float64Array(channels);
  for (const [i, value] of values.entries()) {
    variance[i % channels]! += (value - (mean[i % channels] ?? 0)) ** 2 / (rows - 1);
  }
  tf.tidy(() => {
    const state = frozenState(channels);
    const options = { ...EVALUATION, training: true, momentum: 1 } as const;
    wasm.ops.batchNorm(tf.tensor4d(values, [16, 64, 64, channels]), state, options);
    expect(worstDifference(state.runningMean.dataSync(), mean)).toBeLessThan(1e-6);
    expect(worstDifference(state.runningVar.dataSync(), variance)).toBeLessThan(1e-4);
  });
  tf.disposeVariables();
  wasm.dispose();
});

/** Output, gradients and running statistics of batch norm, with and without a residual, training and not. */
function batchNormValues(
  backend: Backend,
  channels: number,
  activation: Activation,
): Record<string, Float32Array> {
  const values: Record<string, Float32Array> = {};
  const shape: [number, number, number, number] = [3, 7, 9, channels];
  for (const [training, hasResidual] of [
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ] as const) {
    tf.tidy(() => {
      const runningMean = tf.variable(valuesFor(channels, 0.1), false);
      const runningVar = tf.variable(tf.add(valuesFor(channels, 0.2), 1), false);
      const x = tf.tensor4d(noise(shape, 0.5), shape);
      const residual = tf.tensor4d(noise(shape, 0.6), shape);
      const run = (...[image, weight, bias, added]: tf.Tensor[]) =>
        backend.ops.batchNorm(
          asImages(image),
          { weight: weight as tf.Variable, bias: bias as tf.Variable, runningMean, runningVar },
          {
            training,
            momentum: 0.1,
            eps: 1e-5,
            activation,
            ...(hasResidual && { residual: asImages(added) }),
          },
        );
      const inputs = [
        x,
        tf.add(valuesFor(channels, 0.3), 1),
        valuesFor(channels, 0.4),
        ...(hasResidual ? [residual] : []),
      ];
      const cotangent = tf.tensor(noise(shape, 0.9), shape);
      const output = run(...inputs);
      const gradients = backend.runStep(() => tf.grads(run)(inputs, cotangent));
      const named: ReadonlyArray<readonly [string, tf.Tensor]> = [
        ['output', output],
        ['runningMean', runningMean],
        ['runningVar', runningVar],
        ...gradients.map((gradient, i) => [`gradient ${i}`, gradient] as const),
      ];
      for (const [name, tensor] of named) {
        values[`${training} ${hasResidual} ${name}`] = tensor.dataSync<'float32'>();
      }
      tf.dispose([runningMean, runningVar]);
    });
  }
  return values;
}
