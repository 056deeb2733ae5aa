import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formula, worstDifference } from '../recorded/formula.ts';
import recordedOps from '../recorded/ops.recorded.json' with { type: 'json' };
import recordedOptimizers from '../recorded/optimizers.recorded.json' with { type: 'json' };
import type { Activation, Backend, BatchNormState, OptimizerName, TrainingOps } from './base.ts';

/** One entry of `ops.recorded.json`: the arguments of an operation, its output and its gradients in order. */
type RecordedOp = (typeof recordedOps)[number];

/** Arguments that gradients are taken of, and the operation on them. */
interface OpUnderTest {
  readonly inputs: Tensor[];
  readonly run: (ops: TrainingOps) => Tensor;
  /** Arguments without a gradient. */
  readonly constants?: Tensor[];
  readonly state?: BatchNormState;
}

/**
 * Declares the tests that every {@link Backend} passes: values, gradients and optimizer steps as recorded from
 * PyTorch by `recorded/record_ops.py` and `recorded/record_optimizers.py`, to a relative error of `tolerance`.
 */
export function declareBackendContract(name: string, create: () => Promise<Backend>, tolerance = 2e-5): void {
  describe(`${name} as PyTorch`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await create();
    });
    afterAll(() => {
      backend.dispose();
    });

    test('is the active backend', () => {
      expect(tf.getBackend()).toBe(backend.name);
    });

    test.each(recordedOps.map((entry) => [titleOf(entry), entry] as const))('%s', async (_, entry) => {
      const before = tf.memory().numTensors;
      const op = opUnderTest(entry);
      const output = backend.runStep(() => tf.tidy(() => op.run(backend.ops)));
      const cotangent = tf.tensor(output.rank === 0 ? [1] : formula(output.shape, 0.9), output.shape);
      const gradients = backend.runStep(() => tf.grads(() => op.run(backend.ops))(op.inputs, cotangent));
      expect(worstDifference(await output.data(), entry.output)).toBeLessThan(tolerance);
      for (const [index, expected] of entry.gradients.entries()) {
        const actual = gradients[index];
        expect(actual && worstDifference(await actual.data(), expected), `gradient ${index}`).toBeLessThan(
          tolerance,
        );
      }
      await expectRunningStatistics(op, entry, tolerance);
      tf.dispose([output, cotangent, gradients, op.inputs, op.constants ?? [], { ...op.state }]);
      expect(tf.memory().numTensors).toBe(before);
    });

    test.each(
      recordedOptimizers.map((entry) => [JSON.stringify({ ...entry, trace: undefined }), entry] as const),
    )('%s', async (_, entry) => {
      const variable = tf.variable(tf.tensor(formula([2, 3], 0.1), [2, 3]), true);
      const options = { ...entry, name: entry.name as OptimizerName };
      let optimizer = backend.createOptimizer(options, [variable]);
      for (const [step, expected] of entry.trace.entries()) {
        const gradient = tf.tensor(formula([2, 3], 0.5 * step, 10 ** -((step % 5) * 2)), [2, 3]);
        optimizer.step({ [variable.name]: gradient }, 0.1 / (1 + step));
        gradient.dispose();
        expect(worstDifference(await variable.data(), expected), `step ${step}`).toBeLessThan(tolerance);
        if (step === 5) {
          // Carried on from its saved state, it must not notice.
          const state = await optimizer.getState();
          optimizer.dispose();
          optimizer = backend.createOptimizer(options, [variable]);
          optimizer.setState(state);
        }
      }
      optimizer.dispose();
      variable.dispose();
    });

    test('an optimizer refuses a state that lacks a buffer', () => {
      const variable = tf.variable(tf.zeros([2]), true, 'weight');
      const options = { name: 'Adam', weightDecay: 0, momentum: 0, nesterov: false } as const;
      const optimizer = backend.createOptimizer(options, [variable]);
      expect(() => {
        optimizer.setState({ step: 1, buffers: new Map([['weight/exp_avg', new Float32Array(2)]]) });
      }).toThrow(/weight/);
      optimizer.dispose();
      variable.dispose();
    });
  });
}

async function expectRunningStatistics(op: OpUnderTest, entry: RecordedOp, tolerance: number): Promise<void> {
  if (op.state === undefined) return;
  const { runningMean, runningVar } = entry;
  // The operation ran twice, for its value and for its gradients; the recording holds one update. In training
  // r' = (1 - m) r + m b, so that the recorded value gives b and with it the second update.
  const start = {
    mean: formula(op.state.runningMean.shape, 0.4),
    var: formula(op.state.runningMean.shape, 0.5),
  };
  const twice = (first: number, once: number) =>
    entry.training === true ? once + 0.9 * (once - first) : once;
  const means = (runningMean ?? []).map((once, index) => twice(start.mean[index] ?? Number.NaN, once));
  const vars = (runningVar ?? []).map((once, index) => twice(1.5 + (start.var[index] ?? Number.NaN), once));
  expect(worstDifference(await op.state.runningMean.data(), means)).toBeLessThan(tolerance);
  expect(worstDifference(await op.state.runningVar.data(), vars)).toBeLessThan(tolerance);
}

function titleOf(entry: RecordedOp): string {
  const { output: _o, gradients: _g, runningMean: _m, runningVar: _v, values: _x, ...options } = entry;
  return JSON.stringify(options);
}

function filled(shape: readonly number[] | undefined, phase: number, scale = 1): Tensor {
  if (shape === undefined) throw new Error('the recording lacks a shape');
  return tf.tensor(formula(shape, phase, scale), [...shape]);
}

function images(shape: readonly number[] | undefined, phase: number, scale = 1): Tensor4D {
  return filled(shape, phase, scale) as Tensor4D;
}

function rows(shape: readonly number[] | undefined, phase: number, scale = 1): Tensor2D {
  return filled(shape, phase, scale) as Tensor2D;
}

function channels(count: number, phase: number): Tensor1D {
  return tf.tensor1d(formula([count], phase));
}

function opUnderTest(entry: RecordedOp): OpUnderTest {
  const { stride = 1, padding = 0, kernelSize = 1, labelSmoothing = 0 } = entry;
  const activation = (entry.activation ?? 'linear') as Activation;
  switch (entry.op) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const [x, filter] = [images(entry.x, 0.1), images(entry.filter, 0.2)];
      const depthwise = entry.op === 'depthwiseConv2d';
      const run = (ops: TrainingOps) =>
        depthwise ? ops.depthwiseConv2d(x, filter, stride, padding) : ops.conv2d(x, filter, stride, padding);
      return { inputs: [x, filter], run };
    }
    case 'conv2dBias': {
      const [x, filter] = [images(entry.x, 0.1), images(entry.filter, 0.2)];
      const bias = channels(filter.shape[3], 0.3);
      return {
        inputs: [x, filter, bias],
        run: (ops) => ops.conv2dBias(x, filter, bias, stride, padding, activation),
      };
    }
    case 'batchNorm':
      return batchNormUnderTest(entry, activation);
    case 'maxPool': {
      const x = images(entry.x, 0.1);
      return { inputs: [x], run: (ops) => ops.maxPool(x, kernelSize, stride, padding) };
    }
    case 'globalAvgPool': {
      const x = images(entry.x, 0.1);
      return { inputs: [x], run: (ops) => ops.globalAvgPool(x) };
    }
    case 'linear': {
      const [x, weight] = [rows(entry.x, 0.1), rows(entry.weight, 0.2)];
      const bias = channels(weight.shape[1], 0.3);
      return { inputs: [x, weight, bias], run: (ops) => ops.linear(x, weight, bias) };
    }
    case 'activation': {
      const x = tf.tensor1d(entry.values ?? []);
      return { inputs: [x], run: (ops) => ops.activation(x, activation) };
    }
    case 'scaleChannels': {
      const x = images(entry.x, 0.1);
      const scale = rows([x.shape[0], x.shape[3]], 0.2);
      return { inputs: [x, scale], run: (ops) => ops.scaleChannels(x, scale) };
    }
    case 'crossEntropy': {
      const logits = rows([4, 5], 0.1, entry.scale);
      const labels = tf.tensor1d(entry.labels ?? [], 'int32');
      const run = (ops: TrainingOps) => ops.crossEntropy(logits, labels, labelSmoothing);
      return { inputs: [logits], run, constants: [labels] };
    }
    default:
      throw new Error(`the recording holds an unknown operation ${entry.op}`);
  }
}

function batchNormUnderTest(entry: RecordedOp, activation: Activation): OpUnderTest {
  const x = images(entry.x, 0.1, 2);
  const variable = (phase: number, offset = 0) =>
    tf.tidy(() => tf.variable(tf.add(channels(x.shape[3], phase), offset)));
  const state = {
    weight: variable(0.2),
    bias: variable(0.3),
    runningMean: variable(0.4),
    runningVar: variable(0.5, 1.5),
  };
  const residual = entry.residual === true ? images(entry.x, 0.6) : undefined;
  const inputs = [x, state.weight, state.bias, ...(residual === undefined ? [] : [residual])];
  const options = { training: entry.training === true, momentum: 0.1, eps: 1e-3, activation };
  const run = (ops: TrainingOps) =>
    ops.batchNorm(x, state, residual === undefined ? options : { ...options, residual });
  return { inputs, run, state };
}
