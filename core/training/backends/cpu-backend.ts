import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { HoneError } from '../../base/errors.ts';
import type { Backend } from './base.ts';
import { composedOps } from './composed-ops.ts';
import { createComposedOptimizer } from './composed-optimizer.ts';

/**
 * TensorFlow.js's plain JavaScript backend: slow and simple, the reference in tests.
 *
 * @throws {HoneError} `backend` where TensorFlow.js does not make it the active one.
 */
export async function createCpuBackend(): Promise<Backend> {
  tf.enableProdMode();
  const accepted = await tf.setBackend('cpu');
  // setBackend falls back without a word: what counts is what is active.
  if (!accepted || tf.getBackend() !== 'cpu') {
    throw new HoneError('backend', `The cpu backend could not be started; ${tf.getBackend()} is active.`);
  }
  return {
    name: 'cpu',
    description: 'cpu, plain JavaScript (slow; for tests)',
    ops: composedOps,
    createOptimizer: createComposedOptimizer,
    runStep: (step) => step(),
    heapBytes: () => null,
    dispose: () => {
      tf.removeBackend('cpu');
    },
  };
}
