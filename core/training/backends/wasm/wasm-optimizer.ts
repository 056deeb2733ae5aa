import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { HoneError } from '../../../base/errors.ts';
import type { TrainingKernels } from '../../kernels/module.ts';
import type { Optimizer, OptimizerName, OptimizerOptions } from '../base.ts';
import { addressToWrite } from './context.ts';
import type { WasmHeap } from './wasm-heap.ts';

/** Buffers of every variable, by PyTorch's names, in the order in which the kernels take them. */
const BUFFER_NAMES: Readonly<Record<OptimizerName, readonly string[]>> = {
  AdamW: ['exp_avg', 'exp_avg_sq'],
  Adam: ['exp_avg', 'exp_avg_sq'],
  SGD: ['momentum_buffer'],
  RMSprop: ['square_avg', 'momentum_buffer'],
};

/** PyTorch's defaults, which no option changes. */
const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
const RMSPROP = { alpha: 0.99, eps: 1e-8 };

/** A variable and the addresses of its buffers; a buffer that the options leave unused is 0. */
interface Entry {
  readonly variable: Variable;
  readonly buffers: readonly [number, number];
}

/** `torch.optim`'s optimizers as one kernel call a variable, in place in the heap. */
export class WasmOptimizer implements Optimizer {
  readonly #heap: WasmHeap;
  readonly #kernels: TrainingKernels;
  readonly #options: OptimizerOptions;
  readonly #entries: readonly Entry[];
  #step = 0;

  constructor(
    heap: WasmHeap,
    kernels: TrainingKernels,
    options: OptimizerOptions,
    variables: readonly Variable[],
  ) {
    this.#heap = heap;
    this.#kernels = kernels;
    this.#options = options;
    this.#entries = variables.map((variable) => {
      const [first = 0, second = 0] = bufferNames(options).map(() => heap.allocate(variable.size * 4));
      return { variable, buffers: [first, second] };
    });
  }

  step(gradients: Readonly<Record<string, Tensor>>, lr: number): void {
    this.#step++;
    const correction1 = 1 - ADAM.beta1 ** this.#step;
    const rootCorrection2 = Math.sqrt(1 - ADAM.beta2 ** this.#step);
    const { name, weightDecay, momentum, nesterov } = this.#options;
    for (const { variable, buffers } of this.#entries) {
      const gradient = gradients[variable.name];
      // As in PyTorch, a parameter that took no part is left alone.
      if (gradient === undefined) continue;
      const [first, second] = buffers;
      const at = addressToWrite(this.#heap, variable);
      const gradientAt = this.#heap.address(gradient);
      const count = variable.size;
      if (name === 'SGD') {
        this.#kernels.sgd(at, gradientAt, first, count, lr, momentum, weightDecay, nesterov ? 1 : 0);
      } else if (name === 'RMSprop') {
        const { alpha, eps } = RMSPROP;
        this.#kernels.rmsprop(at, gradientAt, first, second, count, lr, alpha, eps, momentum, weightDecay);
      } else {
        const { beta1, beta2, eps } = ADAM;
        const decoupled = name === 'AdamW' ? 1 : 0;
        const moments = [first, second, count, lr, beta1, beta2, eps, correction1, rootCorrection2] as const;
        this.#kernels.adam(at, gradientAt, ...moments, weightDecay, decoupled);
      }
    }
  }

  getState(): Promise<{ step: number; buffers: Map<string, Float32Array> }> {
    const copies = new Map<string, Float32Array>();
    for (const { key, address, count } of this.#buffers())
      copies.set(key, this.#heap.floats(address, count).slice());
    return Promise.resolve({ step: this.#step, buffers: copies });
  }

  setState(state: { readonly step: number; readonly buffers: ReadonlyMap<string, Float32Array> }): void {
    for (const { key, address, count } of this.#buffers()) {
      const values = state.buffers.get(key);
      if (values?.length !== count) {
        const found = values === undefined ? 'is missing' : `has ${values.length} values`;
        throw new HoneError('checkpoint', `Optimizer buffer ${key} ${found}, ${count} values are needed.`);
      }
      this.#heap.floats(address, count).set(values);
    }
    this.#step = state.step;
  }

  *#buffers(): Generator<{ readonly key: string; readonly address: number; readonly count: number }> {
    for (const { variable, buffers } of this.#entries) {
      for (const [i, name] of bufferNames(this.#options).entries()) {
        yield { key: `${variable.name}/${name}`, address: buffers[i] ?? 0, count: variable.size };
      }
    }
  }

  dispose(): void {
    for (const { address } of this.#buffers()) this.#heap.free(address);
  }
}

/** A momentum buffer is kept only where there is momentum. */
function bufferNames({ name, momentum }: OptimizerOptions): readonly string[] {
  return BUFFER_NAMES[name].filter((buffer) => buffer !== 'momentum_buffer' || momentum > 0);
}
