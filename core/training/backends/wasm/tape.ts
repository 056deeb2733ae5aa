import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { WasmHeap } from './wasm-heap.ts';

/** Settings of one call. Numbers and flags only, so that the tape can hold them. */
export type Attributes = Readonly<Record<string, number | boolean>>;

/**
 * How an operation computes, and how gradients go back through it.
 *
 * `Saved` names what the gradients need: inputs, and `output` for the operation's result.
 */
export interface Operation<Input extends string, Saved extends Input | 'output', A extends Attributes> {
  /** Unique among TensorFlow.js's kernel names. */
  readonly name: string;
  readonly forward: (inputs: Readonly<Record<Input, TensorInfo>>, attributes: A) => TensorInfo;
  /** `output` comes last. */
  readonly saves: readonly Saved[];
  /**
   * One function an input, each called at most once and only where that gradient is wanted, in the order in which
   * the function of {@link Tape.define} was given the inputs.
   */
  readonly gradients: (
    dy: Tensor,
    saved: Readonly<Record<Saved, Tensor>>,
    attributes: A,
  ) => Readonly<Partial<Record<Input, () => TensorInfo>>>;
  /** The input whose gradient is asked for last: after it dy and the saved tensors are freed. */
  readonly last: Input;
}

/**
 * Puts operations of our kernels on TensorFlow.js's tape, with two things that it lacks.
 *
 * 1. It frees nothing before the backward pass ends, so that all activations and all gradients would be alive at
 *    once. Here an operation's saved tensors and its incoming gradient go as soon as its last gradient is worked out.
 * 2. It calls the gradient function of each input in a `tidy` of its own, which frees what is not returned. Kernels
 *    that work out several gradients at once hold the others outside TensorFlow.js's books until they are asked
 *    for ({@link hold}); {@link flush} frees those that nobody asked for.
 */
export class Tape {
  readonly #heap: WasmHeap;
  readonly #held = new Set<TensorInfo>();

  constructor(heap: WasmHeap) {
    this.#heap = heap;
  }

  /** Registers `operation`, in place of an earlier one of that name, and returns the function that runs it. */
  define<Input extends string, Saved extends Input | 'output', A extends Attributes>(
    operation: Operation<Input, Saved, A>,
  ): (inputs: Readonly<Record<Input, Tensor>>, attributes: A) => Tensor {
    const { name } = operation;
    if (tf.getKernel(name, 'wasm')) tf.unregisterKernel(name, 'wasm');
    if (tf.getGradient(name)) tf.unregisterGradient(name);
    tf.registerKernel({
      kernelName: name,
      backendName: 'wasm',
      // The tape hands back what `run` below was given.
      kernelFunc: ({ inputs, attrs }) => operation.forward(inputs as Record<Input, TensorInfo>, attrs as A),
    });
    tf.registerGradient({
      kernelName: name,
      inputsToSave: operation.saves.filter((saved) => saved !== 'output'),
      outputsToSave: [operation.saves.some((saved) => saved === 'output')],
      gradFunc: (dy, kept, attributes) => this.#gradients(operation, dy as Tensor, kept, attributes as A),
    });
    const engine = tf.engine();
    return (inputs, attributes) => engine.runKernel<Tensor>(name, { ...inputs }, { ...attributes });
  }

  #gradients<Input extends string, Saved extends Input | 'output', A extends Attributes>(
    operation: Operation<Input, Saved, A>,
    dy: Tensor,
    kept: readonly Tensor[],
    attributes: A,
  ): Record<string, () => Tensor> {
    const engine = tf.engine();
    // A cotangent that the caller of tf.grads passed in is the caller's; all else here was made for us.
    const isOurs = dy.scopeId === engine.state.activeScope?.id;
    const saved = Object.fromEntries(operation.saves.map((key, i) => [key, kept[i]])) as Record<
      Saved,
      Tensor
    >;
    const functions: Record<string, () => Tensor> = {};
    for (const [input, gradient] of Object.entries<(() => TensorInfo) | undefined>(
      operation.gradients(dy, saved, attributes),
    )) {
      if (gradient === undefined) continue;
      functions[input] = () => {
        const result = engine.makeTensorFromTensorInfo(gradient());
        if (input === operation.last) {
          if (isOurs) dy.dispose();
          for (const tensor of kept) tensor.dispose();
        }
        return result;
      };
    }
    return functions;
  }

  /** Keep a result until {@link take}. */
  hold(result: TensorInfo): TensorInfo {
    this.#held.add(result);
    return result;
  }

  take(result: TensorInfo): TensorInfo {
    this.#held.delete(result);
    return result;
  }

  /** Free what was held and is of no more use. */
  drop(result: TensorInfo): void {
    this.#heap.disposeOutput(this.take(result));
  }

  /**
   * Frees what the tape saved for a backward pass that was broken off by an error, such as a full heap.
   * TensorFlow.js forgets those tensors without freeing them.
   */
  abandon(): void {
    const { state } = tf.engine();
    for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
    state.activeTape = [];
  }

  /** Frees what was held and never taken. */
  flush(): void {
    for (const result of this.#held) this.#heap.disposeOutput(result);
    this.#held.clear();
  }
}
