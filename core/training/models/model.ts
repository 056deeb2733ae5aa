import type { Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { ModelName } from '../config.ts';

/** One uniform number in [0, 1) a call; dropout draws from it. */
export type UniformSource = () => number;

/** How a forward pass runs. */
export interface ForwardPass {
  /** True: batch statistics and dropout. */
  readonly training: boolean;
  /** Where dropout draws its mask from; needed where `training`. */
  readonly random: UniformSource;
}

/**
 * A network: variables on the active backend, and a function over them.
 *
 * Variables carry PyTorch's state-dict names. Filters are [kernelHeight, kernelWidth, in, out], depthwise ones
 * [kernelHeight, kernelWidth, channels, 1], weights of linear layers [in, out].
 */
export interface Model {
  readonly name: ModelName;
  /** Trained, in the order of the layers. */
  readonly parameters: readonly Variable[];
  /** Running statistics of batch norm: kept with the weights, not trained. */
  readonly buffers: readonly Variable[];
  /** Numbers in `parameters`. */
  readonly parameterCount: number;
  /** Whether a training batch of one image has to be avoided, as PyTorch's batch norm refuses it at 1x1. */
  readonly usesBatchNorm: boolean;
  /**
   * Images [batch, height, width, 3] to logits [batch, classes]. Intermediate tensors are the caller's to tidy.
   */
  forward(images: Tensor4D, pass: ForwardPass): Tensor2D;
  /** Free every variable. Their names may be taken again after. */
  dispose(): void;
}
