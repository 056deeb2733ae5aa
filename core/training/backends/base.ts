import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';

/** Backends by name; `cpu` is TensorFlow.js's plain JavaScript one, the reference in tests. */
export type BackendName = 'wasm' | 'webgpu' | 'tensorflow' | 'cpu';

/** Activations that layers may fuse. `hard-*` as torchvision's MobileNetV3 defines them. */
export type Activation = 'linear' | 'relu' | 'silu' | 'hard-swish' | 'sigmoid' | 'hard-sigmoid';

/** Scale and shift are trained; the running statistics are not (PyTorch's buffers). All [channels]. */
export interface BatchNormState {
  readonly weight: Variable;
  readonly bias: Variable;
  readonly runningMean: Variable;
  readonly runningVar: Variable;
}

/** Options of {@link TrainingOps.batchNorm}; PyTorch's names and defaults (momentum 0.1, eps 1e-5). */
export interface BatchNormOptions {
  /** True: batch statistics, running ones updated (unbiased variance). False: running statistics. */
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
  readonly activation: Activation;
  /** Added before the activation, same shape as x. */
  readonly residual?: Tensor4D;
}

/**
 * The layers of a network as differentiable functions, in PyTorch's numerics.
 *
 * Images are [batch, height, width, channels] float32 (NHWC), filters [kernelHeight, kernelWidth, in, out],
 * depthwise filters [kernelHeight, kernelWidth, channels, 1]. Padding is symmetric, in pixels, as in PyTorch.
 * Every function records itself on the TensorFlow.js tape, so `tf.variableGrads` works across them. A backend
 * may fuse what it likes behind this interface; `composed-ops.ts` spells each function out in stock operations.
 */
export interface TrainingOps {
  /** Without bias; batch norm follows. */
  conv2d(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D;
  /** With bias and activation. `bias` is [out]. */
  conv2dBias(
    x: Tensor4D,
    filter: Tensor4D,
    bias: Tensor1D,
    stride: number,
    padding: number,
    activation: Activation,
  ): Tensor4D;
  depthwiseConv2d(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D;
  /** Gradients flow in training and in evaluation; in training a channel has at least two values. */
  batchNorm(x: Tensor4D, state: BatchNormState, options: BatchNormOptions): Tensor4D;
  maxPool(x: Tensor4D, kernelSize: number, stride: number, padding: number): Tensor4D;
  /** [batch, height, width, channels] to [batch, channels]. */
  globalAvgPool(x: Tensor4D): Tensor2D;
  /** x [batch, in] times weight [in, out] plus bias [out]. */
  linear(x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D;
  activation<T extends Tensor>(x: T, activation: Activation): T;
  /** Squeeze-and-excitation: x [batch, h, w, channels] times scale [batch, channels]. */
  scaleChannels(x: Tensor4D, scale: Tensor2D): Tensor4D;
  /**
   * Mean cross-entropy of logits [batch, classes] against labels [batch] (int32), PyTorch's
   * `CrossEntropyLoss(label_smoothing)`. A scalar.
   */
  crossEntropy(logits: Tensor2D, labels: Tensor1D, labelSmoothing: number): Tensor;
}

/** Optimizers by PyTorch's class names. */
export type OptimizerName = 'AdamW' | 'Adam' | 'SGD' | 'RMSprop';

/** PyTorch's options; `lr` is given with every step, so that schedules need no other way in. */
export interface OptimizerOptions {
  readonly name: OptimizerName;
  /** Decoupled for AdamW, added to the gradient for the others. PyTorch's default: 0.01 AdamW, else 0. */
  readonly weightDecay: number;
  /** SGD and RMSprop. */
  readonly momentum: number;
  /** SGD. */
  readonly nesterov: boolean;
}

/** Changes variables in place from their gradients. */
export interface Optimizer {
  /** One step. `gradients` by variable name; not disposed here. */
  step(gradients: Readonly<Record<string, Tensor>>, lr: number): void;
  /** Copies of every state buffer by `variable/buffer` name, and the step count, for checkpoints. */
  getState(): Promise<{ readonly step: number; readonly buffers: ReadonlyMap<string, Float32Array> }>;
  /** @throws {HoneError} where a buffer is missing or of another size. */
  setState(state: { readonly step: number; readonly buffers: ReadonlyMap<string, Float32Array> }): void;
  dispose(): void;
}

/** A device that trains. Chosen once a process; all tensors live on it. */
export interface Backend {
  readonly name: BackendName;
  /** For people: which build runs and why, such as `wasm, relaxed SIMD`. */
  readonly description: string;
  readonly ops: TrainingOps;
  createOptimizer(options: OptimizerOptions, variables: readonly Variable[]): Optimizer;
  /**
   * Run one training step's function; scratch that its kernels kept for the backward pass is freed after.
   * Tensors that `step` returns inside are the caller's.
   */
  runStep<T>(step: () => T): T;
  /** Bytes of the backend's heap, or null where it cannot tell. */
  heapBytes(): number | null;
  dispose(): void;
}
