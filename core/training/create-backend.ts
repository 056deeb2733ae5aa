import * as tf from '@tensorflow/tfjs-core';
import { HoneError } from '../base/errors.ts';
import type { Backend, BackendName } from './backends/base.ts';
import { createCnn } from './models/cnn.ts';
import { randomStream } from './random-streams.ts';
import { trainStep } from './train-step.ts';

/** Backends that can be started, each loaded only when it is asked for. */
const LOADERS: Readonly<Partial<Record<BackendName, () => Promise<Backend>>>> = {
  wasm: async () => (await import('./backends/wasm/wasm-backend.ts')).createWasmBackend(),
  cpu: async () => (await import('./backends/cpu-backend.ts')).createCpuBackend(),
};

/**
 * Start a backend and see that it trains.
 *
 * @param name such as `wasm`.
 * @throws {HoneError} `backend` where it is unknown, does not start, or does not learn.
 */
export async function createBackend(name: string): Promise<Backend> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name as BackendName] : undefined;
  if (load === undefined) {
    const known = Object.keys(LOADERS).join(', ');
    throw new HoneError('backend', `The backend is ${name}, but must be one of ${known}.`);
  }
  const backend = await load();
  await probe(backend);
  return backend;
}

/** Two steps on two pictures, black and white: the loss must fall. Convolution, backward pass and optimizer ran then. */
async function probe(backend: Backend): Promise<void> {
  const options = { classCount: 2, depth: 2, width: 4, dropout: 0 };
  const model = createCnn(backend.ops, options, randomStream(1, 'weights'));
  const sgd = { name: 'SGD', weightDecay: 0, momentum: 0, nesterov: false } as const;
  const optimizer = backend.createOptimizer(sgd, model.parameters);
  const pixels = Float32Array.from({ length: 2 * 4 * 4 * 3 }, (_, index) => (index < 4 * 4 * 3 ? -1 : 1));
  const images = tf.tensor4d(pixels, [2, 4, 4, 3]);
  const labels = tf.tensor1d([0, 1], 'int32');
  const losses: number[] = [];
  for (let step = 0; step < 2; step++) {
    const loss = trainStep(backend, model, optimizer, images, labels, {
      lr: 0.1,
      labelSmoothing: 0,
      random: () => 0,
    });
    losses.push((await loss.data())[0] ?? Number.NaN);
    loss.dispose();
  }
  tf.dispose([images, labels]);
  optimizer.dispose();
  model.dispose();
  const [before = Number.NaN, after = Number.NaN] = losses;
  if (!(after < before)) {
    throw new HoneError(
      'backend',
      `The backend ${backend.name} does not learn: its loss went from ${before} to ${after}.`,
    );
  }
}
