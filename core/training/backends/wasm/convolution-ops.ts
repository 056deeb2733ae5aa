import type { Tensor } from '@tensorflow/tfjs-core';
import { once } from './context.ts';
import type { ConvolutionMath } from './convolution-math.ts';
import type { Tape } from './tape.ts';

type Window = { readonly stride: number; readonly padding: number };

/** Convolutions and linear layers; x and filter may be images or matrices alike. */
export interface ConvolutionOps {
  readonly convolve: (inputs: { x: Tensor; filter: Tensor }, window: Window) => Tensor;
  readonly convolveBias: (inputs: { x: Tensor; bias: Tensor; filter: Tensor }, window: Window) => Tensor;
  /** With a ReLU behind the bias. */
  readonly convolveBiasRelu: (inputs: { x: Tensor; bias: Tensor; filter: Tensor }, window: Window) => Tensor;
}

/** Define the convolutions with their gradients for input, filter and bias. */
export function defineConvolutionOps(tape: Tape, math: ConvolutionMath): ConvolutionOps {
  const convolve = tape.define<'x' | 'filter', 'x' | 'filter', Window>({
    name: 'HoneConvolution',
    forward: ({ x, filter }, { stride, padding }) =>
      math.forward(math.convolution(x, filter, stride, padding), x, filter, null, false),
    saves: ['x', 'filter'],
    gradients: (dy, { x, filter }, { stride, padding }) => {
      const convolution = math.convolution(x, filter, stride, padding);
      return {
        x: () => math.inputGradient(convolution, dy, x.shape, filter),
        filter: () => math.filterGradient(convolution, x, dy, filter.shape),
      };
    },
    last: 'filter',
  });
  const convolveBias = tape.define<'x' | 'bias' | 'filter', 'x' | 'filter', Window>({
    name: 'HoneConvolutionBias',
    forward: ({ x, filter, bias }, { stride, padding }) =>
      math.forward(math.convolution(x, filter, stride, padding), x, filter, bias, false),
    saves: ['x', 'filter'],
    gradients: (dy, { x, filter }, { stride, padding }) => {
      const convolution = math.convolution(x, filter, stride, padding);
      return {
        x: () => math.inputGradient(convolution, dy, x.shape, filter),
        bias: () => math.biasGradient(dy),
        filter: () => math.filterGradient(convolution, x, dy, filter.shape),
      };
    },
    last: 'filter',
  });
  return { convolve, convolveBias, convolveBiasRelu: defineWithRelu(tape, math) };
}

/** The gradient behind the ReLU and that of the bias come from one pass and are held until they are asked for. */
function defineWithRelu(tape: Tape, math: ConvolutionMath): ConvolutionOps['convolveBiasRelu'] {
  return tape.define<'x' | 'bias' | 'filter', 'x' | 'filter' | 'output', Window>({
    name: 'HoneConvolutionBiasRelu',
    forward: ({ x, filter, bias }, { stride, padding }) =>
      math.forward(math.convolution(x, filter, stride, padding), x, filter, bias, true),
    saves: ['x', 'filter', 'output'],
    gradients: (dy, { x, filter, output }, { stride, padding }) => {
      const convolution = math.convolution(x, filter, stride, padding);
      const behindRelu = once(() => {
        const { dz, dbias } = math.reluBiasGradient(dy, output);
        return { dz: tape.hold(dz), dbias: tape.hold(dbias) };
      });
      return {
        x: () => math.inputGradient(convolution, behindRelu().dz, x.shape, filter),
        bias: () => tape.take(behindRelu().dbias),
        filter: () => {
          const { dz } = behindRelu();
          const dfilter = math.filterGradient(convolution, x, dz, filter.shape);
          tape.drop(dz);
          return dfilter;
        },
      };
    },
    last: 'filter',
  });
}
