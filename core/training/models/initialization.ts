import type { RandomState } from '../../base/random-state.ts';

/**
 * Uniform in ±1 / sqrt(fanIn): PyTorch's default of convolution and linear layers, weights and biases alike
 * (`kaiming_uniform_(a=sqrt(5))`; He et al. 2015, eq. 14 with that slope).
 *
 * @param fanIn inputs of one output: channels in times the filter's area.
 */
export function kaimingUniform(random: RandomState, size: number, fanIn: number): Float32Array {
  const bound = 1 / Math.sqrt(fanIn);
  return Float32Array.from({ length: size }, () => random.uniform(-bound, bound));
}

/**
 * Normal with variance 2 / fanOut: `kaiming_normal_(mode='fan_out')`, torchvision's choice for MobileNetV3.
 *
 * @param fanOut channels out times the filter's area; PyTorch counts depthwise filters the same way.
 */
export function kaimingNormal(random: RandomState, size: number, fanOut: number): Float32Array {
  return normal(random, size, Math.sqrt(2 / fanOut));
}

/** Normal with mean 0 and the given deviation. */
export function normal(random: RandomState, size: number, deviation: number): Float32Array {
  return Float32Array.from({ length: size }, () => deviation * random.standardNormal());
}
