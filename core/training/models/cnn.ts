import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { RandomState } from '../../base/random-state.ts';
import type { TrainingOps } from '../backends/base.ts';
import { dropout } from './dropout.ts';
import { kaimingUniform } from './initialization.ts';
import type { Model } from './model.ts';
import { ModelVariables } from './model-variables.ts';

/** Shape of a plain CNN. */
export interface CnnOptions {
  readonly classCount: number;
  /** Number of convolutions, from 1. */
  readonly depth: number;
  /** Channels of the first convolution; each next one has twice as many. */
  readonly width: number;
  /** Share of features dropped before the last layer. */
  readonly dropout: number;
}

const KERNEL_SIZE = 3;
const COLOURS = 3;
const POOL_SIZE = 2;

/**
 * A plain CNN: `depth` times a 3x3 convolution with ReLU, a 2x2 max-pool after each but the last, then the mean
 * over the picture, dropout and a linear layer. Initialised as PyTorch does by default.
 *
 * Pictures too small for a further pool are not pooled any more.
 */
export function createCnn(ops: TrainingOps, options: CnnOptions, random: RandomState): Model {
  const variables = new ModelVariables();
  const convolutions = Array.from({ length: options.depth }, (_, index) => {
    const inputs = index === 0 ? COLOURS : options.width * 2 ** (index - 1);
    const outputs = options.width * 2 ** index;
    const fanIn = inputs * KERNEL_SIZE ** 2;
    const name = `features.${index}`;
    const values = kaimingUniform(random, fanIn * outputs, fanIn);
    return {
      filter: variables.filter(`${name}.weight`, [KERNEL_SIZE, KERNEL_SIZE, inputs, outputs], values),
      bias: variables.bias(`${name}.bias`, kaimingUniform(random, outputs, fanIn)),
    };
  });
  const features = options.width * 2 ** (options.depth - 1);
  const { classCount } = options;
  const weightValues = kaimingUniform(random, features * classCount, features);
  const weight = variables.weight('classifier.weight', [features, classCount], weightValues);
  const bias = variables.bias('classifier.bias', kaimingUniform(random, classCount, features));

  return {
    name: 'cnn',
    parameters: variables.parameters,
    buffers: variables.buffers,
    parameterCount: variables.parameterCount,
    usesBatchNorm: false,
    forward: (images, pass) => {
      let x: Tensor4D = images;
      for (const [index, convolution] of convolutions.entries()) {
        x = ops.conv2dBias(x, convolution.filter, convolution.bias, 1, 1, 'relu');
        const isLast = index === convolutions.length - 1;
        if (!isLast && Math.min(x.shape[1], x.shape[2]) >= POOL_SIZE)
          x = ops.maxPool(x, POOL_SIZE, POOL_SIZE, 0);
      }
      return ops.linear(dropout(ops.globalAvgPool(x), options.dropout, pass), weight, bias);
    },
    dispose: () => {
      variables.dispose();
    },
  };
}
