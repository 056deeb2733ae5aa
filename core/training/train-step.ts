import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend, Optimizer } from './backends/base.ts';
import type { Model, UniformSource } from './models/model.ts';

/** What one step trains with. */
export interface TrainStepOptions {
  readonly lr: number;
  readonly labelSmoothing: number;
  /** Where dropout draws from. */
  readonly random: UniformSource;
}

/**
 * One step on one batch: forward, backward, optimizer.
 *
 * @param images [batch, height, width, 3], normalised.
 * @param labels [batch], int32.
 * @returns the loss before the step, a scalar that the caller disposes.
 */
export function trainStep(
  backend: Backend,
  model: Model,
  optimizer: Optimizer,
  images: Tensor4D,
  labels: Tensor1D,
  options: TrainStepOptions,
): Scalar {
  const pass = { training: true, random: options.random };
  return backend.runStep(() =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => backend.ops.crossEntropy(model.forward(images, pass), labels, options.labelSmoothing) as Scalar,
        [...model.parameters],
      );
      optimizer.step(grads, options.lr);
      return value;
    }),
  );
}
