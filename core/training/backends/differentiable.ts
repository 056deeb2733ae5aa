import { customGrad, type Tensor } from '@tensorflow/tfjs-core';

/** What a differentiable function gives: its value, and what its gradient will need. */
export interface ForwardResult<O extends Tensor, S extends readonly Tensor[]> {
  readonly value: O;
  readonly saved: readonly [...S];
}

/**
 * Run `forward` and record `backward` as its gradient on the tape, in place of the gradients of what runs inside.
 *
 * TensorFlow.js's core alone knows no gradients, and its own for batch norm and pooling keep more memory alive
 * than a layer's closed form needs.
 *
 * @param backward the gradient of the output, and the saved tensors, to one gradient an input, in their order.
 */
export function differentiable<O extends Tensor, S extends readonly Tensor[]>(
  inputs: readonly Tensor[],
  forward: () => ForwardResult<O, S>,
  backward: (dy: O, saved: S) => Tensor[],
): O {
  const record = customGrad<O>((...args) => {
    const save = args.at(-1);
    const { value, saved } = forward();
    if (typeof save === 'function') save([...saved]);
    // TensorFlow.js hands back what was saved, in the same order, as an untyped list.
    return { value, gradFunc: (dy, kept) => backward(dy, kept as unknown as S) };
  });
  return record(...inputs);
}
