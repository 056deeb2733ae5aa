import type { Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormState } from '../backends/base.ts';

type Shape = readonly number[];

/** The variables of one model, made layer by layer. Every name is used once. */
export class ModelVariables {
  readonly parameters: Variable[] = [];
  readonly buffers: Variable[] = [];

  /** A filter [kernelHeight, kernelWidth, in, out]. */
  filter(name: string, shape: readonly [number, number, number, number], values: Float32Array): Tensor4D {
    return this.#parameter(name, shape, values) as Variable & Tensor4D;
  }

  /** A weight [in, out] of a linear layer. */
  weight(name: string, shape: readonly [number, number], values: Float32Array): Tensor2D {
    return this.#parameter(name, shape, values) as Variable & Tensor2D;
  }

  bias(name: string, values: Float32Array): Tensor1D {
    return this.#parameter(name, [values.length], values) as Variable & Tensor1D;
  }

  /** Scale 1, shift 0, running mean 0, running variance 1. */
  batchNorm(name: string, channels: number): BatchNormState {
    const ones = new Float32Array(channels).fill(1);
    const zeros = new Float32Array(channels);
    return {
      weight: this.#parameter(`${name}.weight`, [channels], ones),
      bias: this.#parameter(`${name}.bias`, [channels], zeros),
      runningMean: this.#buffer(`${name}.running_mean`, [channels], zeros),
      runningVar: this.#buffer(`${name}.running_var`, [channels], ones),
    };
  }

  get parameterCount(): number {
    return this.parameters.reduce((sum, variable) => sum + variable.size, 0);
  }

  dispose(): void {
    for (const variable of [...this.parameters.splice(0), ...this.buffers.splice(0)]) variable.dispose();
  }

  #parameter(name: string, shape: Shape, values: Float32Array): Variable {
    const variable = makeVariable(name, shape, values, true);
    this.parameters.push(variable);
    return variable;
  }

  #buffer(name: string, shape: Shape, values: Float32Array): Variable {
    const variable = makeVariable(name, shape, values, false);
    this.buffers.push(variable);
    return variable;
  }
}

function makeVariable(name: string, shape: Shape, values: Float32Array, trainable: boolean): Variable {
  // The tensor must not share the caller's array: backends may keep it, and optimizers write in place.
  return tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape]), trainable, name));
}
