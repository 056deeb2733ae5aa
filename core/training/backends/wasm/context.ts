import type { TensorInfo, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingKernels } from '../../kernels/module.ts';
import type { Activation } from '../base.ts';
import type { Tape } from './tape.ts';
import type { WasmHeap } from './wasm-heap.ts';

/** What every family of operations works with. */
export interface WasmContext {
  readonly heap: WasmHeap;
  readonly kernels: TrainingKernels;
  readonly tape: Tape;
}

/** The kernels' codes, those of `kernels/assembly/activation.ts`. */
export const ACTIVATION_CODES: Readonly<Record<Activation, number>> = {
  linear: 0,
  relu: 1,
  silu: 2,
  'hard-swish': 3,
  sigmoid: 4,
  'hard-sigmoid': 5,
};

/** A shape of rank 4, [batch, height, width, channels]. */
export type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

/** The shape of an image tensor; its rank was checked when the operation was called. */
export function imageShape(tensor: TensorInfo): ImageShape {
  const [batch = 0, height = 0, width = 0, channels = 0] = tensor.shape;
  return [batch, height, width, channels];
}

/**
 * Windows along one axis, as PyTorch counts them.
 *
 * @throws {RangeError} where not even one fits.
 */
export function windowCount(size: number, kernel: number, stride: number, padding: number): number {
  const count = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  if (count < 1)
    throw new RangeError(`A window of ${kernel} does not fit ${size} pixels padded by ${padding}.`);
  return count;
}

/** Number of values in a tensor: the product of its shape, 1 for a scalar. */
export function elementCount(tensor: TensorInfo): number {
  return tensor.shape.reduce((product, size) => product * size, 1);
}

/** `compute`, run at the first call only. */
export function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}

/**
 * The address of a variable that is about to be changed in place.
 *
 * Where another tensor shares its memory, such as the one that it was made from or a snapshot, the variable first
 * moves to memory of its own.
 */
export function addressToWrite(heap: WasmHeap, variable: Variable): number {
  if (heap.isShared(variable)) {
    const copy = heap.output(variable.shape);
    heap.copy(heap.address(variable), heap.address(copy), variable.size * 4);
    tf.tidy(() => {
      variable.assign(tf.engine().makeTensorFromTensorInfo(copy));
    });
  }
  return heap.address(variable);
}
