import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { HoneError } from '../../../base/errors.ts';
import { type KernelBuild, loadTrainingKernels, supportedBuild } from '../../kernels/module.ts';
import type { Backend } from '../base.ts';
import { ConvolutionPlans } from './convolution-plans.ts';
import { guardStockKernels } from './stock-kernels.ts';
import { Tape } from './tape.ts';
import { WasmHeap } from './wasm-heap.ts';
import { createWasmOps } from './wasm-ops.ts';
import { WasmOptimizer } from './wasm-optimizer.ts';

const BUILD_DESCRIPTIONS: Readonly<Record<KernelBuild, string>> = {
  relaxed: 'wasm, SIMD with fused multiply-add',
  plain: 'wasm, SIMD without fused multiply-add',
};

/**
 * Training on any CPU, one thread: our kernels inside the heap of TensorFlow.js's wasm backend.
 *
 * One backend lives in a process at a time; creating another takes the operations over.
 *
 * @param build for tests; the fastest that this engine runs where it is left out.
 * @throws {HoneError} `backend` where another backend is active in the end; `kernels-not-built`.
 */
export async function createWasmBackend(build: KernelBuild = supportedBuild()): Promise<Backend> {
  const heap = new WasmHeap(await activateWasm());
  const kernels = loadTrainingKernels(heap.memory, build);
  const tape = new Tape(heap);
  const plans = new ConvolutionPlans(heap);
  guardStockKernels(heap);
  return {
    name: 'wasm',
    description: BUILD_DESCRIPTIONS[build],
    ops: createWasmOps({ heap, kernels, tape }, plans),
    createOptimizer: (options, variables) => new WasmOptimizer(heap, kernels, options, variables),
    runStep: (step) => {
      try {
        return step();
      } catch (error) {
        tape.abandon();
        throw error;
      } finally {
        tape.flush();
      }
    },
    heapBytes: () => heap.sizeBytes,
    dispose: () => {
      tape.flush();
      plans.dispose();
      heap.dispose();
    },
  };
}

/**
 * Makes the wasm backend TensorFlow.js's active one.
 *
 * `setBackend` goes on with another backend without a word where this one fails, and everything then runs, slowly,
 * on the wrong one: so what counts is what is active afterwards.
 */
async function activateWasm(): Promise<BackendWasm> {
  tf.enableProdMode();
  const listeners = process.listeners('uncaughtException');
  const rejectionListeners = process.listeners('unhandledRejection');
  let failure: unknown;
  const accepted = await tf.setBackend('wasm').catch((error: unknown) => {
    failure = error;
    return false;
  });
  // Emscripten's handlers would print its whole source at any error of ours.
  removeAdded('uncaughtException', listeners);
  removeAdded('unhandledRejection', rejectionListeners);
  const active: unknown = accepted ? tf.backend() : undefined;
  if (tf.getBackend() !== 'wasm' || !(active instanceof BackendWasm)) {
    const sentence = `The wasm backend could not be started; ${activeName(active)} is active.`;
    throw new HoneError('backend', sentence, { cause: failure });
  }
  return active;
}

function activeName(active: unknown): string {
  return active instanceof Object ? active.constructor.name : 'none';
}

function removeAdded(
  event: 'uncaughtException' | 'unhandledRejection',
  before: ReadonlyArray<(...args: never[]) => void>,
): void {
  for (const listener of process.listeners(event as 'uncaughtException')) {
    if (!before.includes(listener)) process.removeListener(event, listener);
  }
}
