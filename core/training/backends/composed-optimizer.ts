import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { HoneError } from '../../base/errors.ts';
import type { Optimizer, OptimizerName, OptimizerOptions } from './base.ts';

/** Buffers that an optimizer keeps of every variable, by PyTorch's names. */
const BUFFER_NAMES: Readonly<Record<OptimizerName, readonly string[]>> = {
  AdamW: ['exp_avg', 'exp_avg_sq'],
  Adam: ['exp_avg', 'exp_avg_sq'],
  SGD: ['momentum_buffer'],
  RMSprop: ['square_avg', 'momentum_buffer'],
};

/** PyTorch's defaults, which no option changes. */
const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
const RMSPROP = { alpha: 0.99, eps: 1e-8 };

/** The state of one variable. */
type Buffers = Readonly<Record<string, Variable>>;

/**
 * An {@link Optimizer} in stock TensorFlow.js operations, step for step as `torch.optim` 1.13 computes.
 */
export function createComposedOptimizer(
  options: OptimizerOptions,
  variables: readonly Variable[],
): Optimizer {
  return new ComposedOptimizer(options, variables);
}

class ComposedOptimizer implements Optimizer {
  readonly #options: OptimizerOptions;
  readonly #variables: readonly Variable[];
  readonly #buffers = new Map<string, Buffers>();
  #step = 0;

  constructor(options: OptimizerOptions, variables: readonly Variable[]) {
    this.#options = options;
    this.#variables = variables;
    for (const variable of variables) {
      const names = BUFFER_NAMES[options.name].filter(
        (name) => name !== 'momentum_buffer' || options.momentum > 0,
      );
      const entries = names.map((name) => [name, tf.tidy(() => tf.variable(tf.zerosLike(variable), false))]);
      this.#buffers.set(variable.name, Object.fromEntries(entries) as Buffers);
    }
  }

  step(gradients: Readonly<Record<string, Tensor>>, lr: number): void {
    this.#step++;
    for (const variable of this.#variables) {
      const gradient = gradients[variable.name];
      // As PyTorch: a parameter that took no part is left alone.
      if (gradient === undefined) continue;
      tf.tidy(() => {
        this.#update(variable, gradient, this.#buffers.get(variable.name) ?? {}, lr);
      });
    }
  }

  #update(variable: Variable, gradient: Tensor, buffers: Buffers, lr: number): void {
    const { name, weightDecay } = this.#options;
    if (name === 'AdamW') {
      variable.assign(tf.mul(variable, 1 - lr * weightDecay));
      this.#adam(variable, gradient, buffers, lr);
      return;
    }
    const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
    if (name === 'Adam') this.#adam(variable, decayed, buffers, lr);
    else if (name === 'SGD') this.#sgd(variable, decayed, buffers, lr);
    else this.#rmsprop(variable, decayed, buffers, lr);
  }

  /** Kingma and Ba 2015, algorithm 1, with PyTorch's place for eps. */
  #adam(variable: Variable, gradient: Tensor, buffers: Buffers, lr: number): void {
    const average = buffer(buffers, 'exp_avg');
    const averageSquare = buffer(buffers, 'exp_avg_sq');
    average.assign(tf.add(tf.mul(average, ADAM.beta1), tf.mul(gradient, 1 - ADAM.beta1)));
    const square = tf.mul(tf.square(gradient), 1 - ADAM.beta2);
    averageSquare.assign(tf.add(tf.mul(averageSquare, ADAM.beta2), square));
    const correction1 = 1 - ADAM.beta1 ** this.#step;
    const correction2 = 1 - ADAM.beta2 ** this.#step;
    const denominator = tf.add(tf.div(tf.sqrt(averageSquare), Math.sqrt(correction2)), ADAM.eps);
    variable.assign(tf.sub(variable, tf.mul(tf.div(average, denominator), lr / correction1)));
  }

  #sgd(variable: Variable, gradient: Tensor, buffers: Buffers, lr: number): void {
    const { momentum, nesterov } = this.#options;
    let direction = gradient;
    if (momentum > 0) {
      const velocity = buffer(buffers, 'momentum_buffer');
      velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
      direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
    }
    variable.assign(tf.sub(variable, tf.mul(direction, lr)));
  }

  #rmsprop(variable: Variable, gradient: Tensor, buffers: Buffers, lr: number): void {
    const averageSquare = buffer(buffers, 'square_avg');
    const square = tf.mul(tf.square(gradient), 1 - RMSPROP.alpha);
    averageSquare.assign(tf.add(tf.mul(averageSquare, RMSPROP.alpha), square));
    let direction = tf.div(gradient, tf.add(tf.sqrt(averageSquare), RMSPROP.eps));
    if (this.#options.momentum > 0) {
      const velocity = buffer(buffers, 'momentum_buffer');
      velocity.assign(tf.add(tf.mul(velocity, this.#options.momentum), direction));
      direction = velocity;
    }
    variable.assign(tf.sub(variable, tf.mul(direction, lr)));
  }

  async getState(): Promise<{ step: number; buffers: Map<string, Float32Array> }> {
    const copies = new Map<string, Float32Array>();
    for (const [name, state] of this.#entries()) copies.set(name, (await state.data<'float32'>()).slice());
    return { step: this.#step, buffers: copies };
  }

  setState(state: { readonly step: number; readonly buffers: ReadonlyMap<string, Float32Array> }): void {
    for (const [name, target] of this.#entries()) {
      const values = state.buffers.get(name);
      if (values?.length !== target.size) {
        const found = values === undefined ? 'is missing' : `has ${values.length} values`;
        throw new HoneError(
          'checkpoint',
          `Optimizer buffer ${name} ${found}, ${target.size} values are needed.`,
        );
      }
      tf.tidy(() => {
        target.assign(tf.tensor(values, target.shape));
      });
    }
    this.#step = state.step;
  }

  *#entries(): Generator<[string, Variable]> {
    for (const [variable, buffers] of this.#buffers) {
      for (const [name, state] of Object.entries(buffers)) yield [`${variable}/${name}`, state];
    }
  }

  dispose(): void {
    for (const [, state] of this.#entries()) state.dispose();
    this.#buffers.clear();
  }
}

function buffer(buffers: Buffers, name: string): Variable {
  const found = buffers[name];
  if (found === undefined) throw new Error(`the optimizer has no buffer ${name}`);
  return found;
}
