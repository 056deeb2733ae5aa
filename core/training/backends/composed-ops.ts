import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, BatchNormOptions, BatchNormState, TrainingOps } from './base.ts';
import { differentiable } from './differentiable.ts';

/**
 * {@link TrainingOps} spelled out in stock TensorFlow.js operations, each with its gradient in closed form.
 *
 * Runs on any backend of TensorFlow.js whose kernels read weights afresh; the yardstick of faster ones. Not for
 * the stock wasm kernels, which keep computing with packed copies of weights that were changed in place.
 */
export const composedOps: TrainingOps = {
  conv2d,
  conv2dBias: (x, filter, bias, stride, padding, activation) =>
    activate(addBias(conv2d(x, filter, stride, padding), bias), activation),
  depthwiseConv2d,
  batchNorm,
  maxPool,
  globalAvgPool,
  linear: (x, weight, bias) => addBias(matMul(x, weight), bias),
  activation: activate,
  scaleChannels,
  crossEntropy,
};

function conv2d(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D {
  const attributes = convolutionAttributes(stride, padding);
  return differentiable(
    [x, filter],
    () => ({ value: tf.conv2d(x, filter, stride, padding), saved: [x, filter] }),
    (dy, [input, weight]) => {
      const dx = { ...attributes, inputShape: input.shape };
      const dw = { ...attributes, filterShape: weight.shape };
      return [
        runKernel(tf.Conv2DBackpropInput, { dy, filter: weight }, dx),
        runKernel(tf.Conv2DBackpropFilter, { x: input, dy }, dw),
      ];
    },
  );
}

function depthwiseConv2d(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D {
  const attributes = { ...convolutionAttributes(stride, padding), dilations: [1, 1] };
  return differentiable(
    [x, filter],
    () => ({ value: tf.depthwiseConv2d(x, filter, stride, padding), saved: [x, filter] }),
    (dy, [input, weight]) => {
      const dx = { ...attributes, inputShape: input.shape };
      const dw = { ...attributes, filterShape: weight.shape };
      return [
        runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter: weight }, dx),
        runKernel(tf.DepthwiseConv2dNativeBackpropFilter, { x: input, dy }, dw),
      ];
    },
  );
}

function convolutionAttributes(stride: number, padding: number) {
  return { strides: [stride, stride], pad: padding, dataFormat: 'NHWC', dimRoundingMode: null };
}

/** A kernel that TensorFlow.js does not export as a function. */
function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: object): Tensor {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
}

function maxPool(x: Tensor4D, kernelSize: number, stride: number, padding: number): Tensor4D {
  const attributes = { filterSize: kernelSize, strides: stride, pad: padding, dimRoundingMode: null };
  return differentiable(
    [x],
    () => {
      const value = tf.maxPool(x, kernelSize, stride, padding);
      return { value, saved: [x, value] };
    },
    (dy, [input, output]) => [runKernel(tf.MaxPoolGrad, { dy, input, output }, attributes)],
  );
}

function globalAvgPool(x: Tensor4D): Tensor2D {
  const [batch, height, width, channels] = x.shape;
  return differentiable(
    [x],
    () => ({ value: tf.mean(x, [1, 2]), saved: [] }),
    (dy) => {
      const spread = tf.reshape(tf.div(dy, height * width), [batch, 1, 1, channels]);
      return [tf.tile(spread, [1, height, width, 1])];
    },
  );
}

function matMul(x: Tensor2D, weight: Tensor2D): Tensor2D {
  return differentiable(
    [x, weight],
    () => ({ value: tf.matMul(x, weight), saved: [x, weight] }),
    (dy, [input, filter]) => [tf.matMul(dy, filter, false, true), tf.matMul(input, dy, true, false)],
  );
}

/** Adds [channels] along the last axis. */
function addBias<T extends Tensor>(x: T, bias: Tensor1D): T {
  return differentiable(
    [x, bias],
    () => ({ value: tf.add(x, bias), saved: [] }),
    (dy) => [tf.clone(dy), tf.sum(dy, allButLast(dy.rank))],
  );
}

function add(a: Tensor4D, b: Tensor4D): Tensor4D {
  return differentiable(
    [a, b],
    () => ({ value: tf.add(a, b), saved: [] }),
    (dy) => [tf.clone(dy), tf.clone(dy)],
  );
}

function allButLast(rank: number): number[] {
  return Array.from({ length: rank - 1 }, (_, axis) => axis);
}

function scaleChannels(x: Tensor4D, scale: Tensor2D): Tensor4D {
  const [batch, , , channels] = x.shape;
  return differentiable(
    [x, scale],
    () => ({ value: tf.mul(x, tf.reshape(scale, [batch, 1, 1, channels])), saved: [x, scale] }),
    (dy, [input, factor]) => [
      tf.mul(dy, tf.reshape(factor, [batch, 1, 1, channels])),
      tf.sum(tf.mul(dy, input), [1, 2]),
    ],
  );
}

/** An activation and its derivative at x; at the corners PyTorch's choice. */
interface ActivationPair {
  readonly value: <T extends Tensor>(x: T) => T;
  readonly slope: (x: Tensor) => Tensor;
}

const ACTIVATIONS: Readonly<Record<Activation, ActivationPair>> = {
  linear: { value: (x) => tf.clone(x), slope: (x) => tf.onesLike(x) },
  relu: { value: (x) => tf.relu(x), slope: (x) => tf.cast(tf.greater(x, 0), 'float32') },
  silu: {
    value: (x) => tf.mul(x, tf.sigmoid(x)),
    slope: (x) => {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s))));
    },
  },
  'hard-swish': {
    value: (x) => tf.mul(x, hardSigmoid(x)),
    // 0 below -3, x / 3 + 1/2 up to 3 inclusive, 1 above.
    slope: (x) => {
      const middle = tf.add(tf.div(x, 3), 0.5);
      const upper = tf.where(tf.lessEqual(x, 3), middle, tf.onesLike(x));
      return tf.where(tf.less(x, -3), tf.zerosLike(x), upper);
    },
  },
  sigmoid: {
    value: (x) => tf.sigmoid(x),
    slope: (x) => {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.sub(1, s));
    },
  },
  'hard-sigmoid': {
    value: hardSigmoid,
    slope: (x) => tf.div(tf.cast(tf.logicalAnd(tf.greater(x, -3), tf.less(x, 3)), 'float32'), 6),
  },
};

function activate<T extends Tensor>(x: T, activation: Activation): T {
  if (activation === 'linear') return x;
  const { value, slope } = ACTIVATIONS[activation];
  return differentiable(
    [x],
    () => ({ value: value(x), saved: [x] }),
    (dy: T, [input]) => [tf.mul(dy, slope(input))],
  );
}

/** relu6(x + 3) / 6, torchvision's hard sigmoid. */
function hardSigmoid<T extends Tensor>(x: T): T {
  return tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6);
}

function batchNorm(x: Tensor4D, state: BatchNormState, options: BatchNormOptions): Tensor4D {
  const normalized = options.training
    ? normalizeByBatch(x, state, options)
    : normalizeByRunningStatistics(x, state, options.eps);
  const sum = options.residual === undefined ? normalized : add(normalized, options.residual);
  return activate(sum, options.activation);
}

/** Ioffe and Szegedy 2015, with the gradient through mean and variance of the batch. */
function normalizeByBatch(x: Tensor4D, state: BatchNormState, options: BatchNormOptions): Tensor4D {
  const axes = [0, 1, 2];
  return differentiable(
    [x, state.weight, state.bias],
    () => {
      const { mean, variance } = tf.moments(x, axes);
      updateRunningStatistics(state, mean, variance, x.size / x.shape[3], options.momentum);
      const inverseStd = tf.rsqrt(tf.add(variance, options.eps));
      const xHat = tf.mul(tf.sub(x, mean), inverseStd);
      const value = tf.add<Tensor4D>(tf.mul(xHat, state.weight), state.bias);
      return { value, saved: [xHat, inverseStd, state.weight] };
    },
    (dy, [xHat, inverseStd, weight]) => {
      const scale = tf.mul(inverseStd, weight);
      const meanDy = tf.mean(dy, axes);
      const meanDyXHat = tf.mean(tf.mul(dy, xHat), axes);
      const dx = tf.mul(scale, tf.sub(tf.sub(dy, meanDy), tf.mul(xHat, meanDyXHat)));
      return [dx, tf.sum(tf.mul(dy, xHat), axes), tf.sum(dy, axes)];
    },
  );
}

/** @param count values a channel; the running variance takes the unbiased one, as in PyTorch. */
function updateRunningStatistics(
  state: BatchNormState,
  mean: Tensor,
  variance: Tensor,
  count: number,
  momentum: number,
): void {
  tf.tidy(() => {
    const unbiased = tf.mul(variance, count / (count - 1));
    state.runningMean.assign(blend(state.runningMean, mean, momentum));
    state.runningVar.assign(blend(state.runningVar, unbiased, momentum));
  });
}

function blend(running: Tensor, batch: Tensor, momentum: number): Tensor {
  return tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum));
}

function normalizeByRunningStatistics(x: Tensor4D, state: BatchNormState, eps: number): Tensor4D {
  const axes = [0, 1, 2];
  return differentiable(
    [x, state.weight, state.bias],
    () => {
      const inverseStd = tf.rsqrt(tf.add(state.runningVar, eps));
      const xHat = tf.mul(tf.sub(x, state.runningMean), inverseStd);
      const value = tf.add<Tensor4D>(tf.mul(xHat, state.weight), state.bias);
      return { value, saved: [xHat, inverseStd, state.weight] };
    },
    (dy, [xHat, inverseStd, weight]) => [
      tf.mul(dy, tf.mul(inverseStd, weight)),
      tf.sum(tf.mul(dy, xHat), axes),
      tf.sum(dy, axes),
    ],
  );
}

function crossEntropy(logits: Tensor2D, labels: Tensor1D, labelSmoothing: number): Tensor {
  const [batch, classes] = logits.shape;
  return differentiable(
    [logits],
    () => {
      const oneHot = tf.oneHot(labels, classes, 1 - labelSmoothing, 0);
      const target = tf.add(tf.cast(oneHot, 'float32'), labelSmoothing / classes);
      const logProbabilities = tf.logSoftmax(logits);
      const value = tf.div(tf.neg(tf.sum(tf.mul(target, logProbabilities))), batch);
      return { value, saved: [tf.sub(tf.exp(logProbabilities), target)] };
    },
    (dy, [difference]) => [tf.mul(tf.div(difference, batch), dy)],
  );
}
