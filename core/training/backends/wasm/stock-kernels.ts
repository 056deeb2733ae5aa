import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { elementCount } from './context.ts';
import type { WasmHeap } from './wasm-heap.ts';

/** Stock kernels that keep packed copies of their weights, and the input that holds them. */
const PACKED_WEIGHTS: ReadonlyArray<readonly [kernelName: string, weights: string]> = [
  ['Conv2D', 'filter'],
  ['FusedConv2D', 'filter'],
  ['DepthwiseConv2dNative', 'filter'],
  ['FusedDepthwiseConv2D', 'filter'],
  ['BatchMatMul', 'b'],
  ['_FusedMatMul', 'b'],
  ['Prelu', 'alpha'],
];

/** Kernels as TensorFlow.js registered them, by name: the guard is never put around a guard. */
const originals = new Map<string, tf.KernelFunc>();

/**
 * Makes the stock kernels of the wasm backend see weights that were changed in place.
 *
 * XNNPACK packs weights at the first use and TensorFlow.js finds the packed form again by tensor, so after an
 * optimizer step in place these kernels would go on with the weights of the first step. Here they are given a fresh
 * copy each time, whose packed form is dropped with it. Slow, but the training operations do not use them.
 */
export function guardStockKernels(heap: WasmHeap): void {
  for (const [kernelName, weights] of PACKED_WEIGHTS) {
    const original = originals.get(kernelName) ?? tf.getKernel(kernelName, 'wasm')?.kernelFunc;
    if (original === undefined) continue;
    originals.set(kernelName, original);
    tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: (call) => {
        const input = call.inputs[weights];
        if (input === undefined) return original(call);
        const copy = copyOf(heap, input);
        try {
          return original({ ...call, inputs: { ...call.inputs, [weights]: copy } });
        } finally {
          heap.disposeOutput(copy);
        }
      },
    });
  }
}

function copyOf(heap: WasmHeap, tensor: TensorInfo): TensorInfo {
  const copy = heap.output(tensor.shape, tensor.dtype);
  heap.copy(heap.address(tensor), heap.address(copy), elementCount(tensor) * 4);
  return copy;
}
