import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../backends/differentiable.ts';
import type { ForwardPass } from './model.ts';

/**
 * Dropout as PyTorch's: in training each feature is 0 with chance `rate`, the others are divided by 1 - rate.
 * Srivastava et al. 2014.
 *
 * @param x [batch, features].
 */
export function dropout(x: Tensor2D, rate: number, pass: ForwardPass): Tensor2D {
  if (!pass.training || rate === 0) return x;
  const kept = 1 / (1 - rate);
  const factors = Float32Array.from({ length: x.size }, () => (pass.random() < rate ? 0 : kept));
  const mask = tf.tensor2d(factors, x.shape);
  return differentiable(
    [x],
    () => ({ value: tf.mul(x, mask), saved: [mask] }),
    (dy: Tensor2D, [factor]) => [tf.mul(dy, factor)],
  );
}
