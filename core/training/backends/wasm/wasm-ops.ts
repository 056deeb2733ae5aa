import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TrainingOps } from '../base.ts';
import { defineBatchNorm } from './batch-norm-ops.ts';
import { defineChannelOps } from './channel-ops.ts';
import { ACTIVATION_CODES, type WasmContext } from './context.ts';
import { ConvolutionMath } from './convolution-math.ts';
import { defineConvolutionOps } from './convolution-ops.ts';
import type { ConvolutionPlans } from './convolution-plans.ts';
import { defineCrossEntropy } from './cross-entropy-op.ts';
import { defineWindowOps } from './window-ops.ts';

/** The training operations on our kernels, each registered with its gradient under a name of its own (`Hone…`). */
export function createWasmOps(context: WasmContext, plans: ConvolutionPlans): TrainingOps {
  const { heap, kernels, tape } = context;
  const { convolve, convolveBias, convolveBiasRelu } = defineConvolutionOps(
    tape,
    new ConvolutionMath(heap, kernels, plans),
  );
  const { depthwiseConvolve, maxPool } = defineWindowOps(context);
  const { globalAvgPool, scaleChannels, activate } = defineChannelOps(context);
  const activation: TrainingOps['activation'] = (x, name) =>
    // The kernel's output has the shape of x.
    name === 'linear' ? x : (activate({ x }, { activation: ACTIVATION_CODES[name] }) as typeof x);
  return {
    conv2d: (x, filter, stride, padding) => convolve({ x, filter }, { stride, padding }) as Tensor4D,
    conv2dBias: (x, filter, bias, stride, padding, name) => {
      // Only the ReLU's derivative can be told from its output; the others keep their input.
      if (name === 'relu') return convolveBiasRelu({ x, bias, filter }, { stride, padding }) as Tensor4D;
      return activation(convolveBias({ x, bias, filter }, { stride, padding }) as Tensor4D, name);
    },
    depthwiseConv2d: (x, filter, stride, padding) =>
      depthwiseConvolve({ x, filter }, { stride, padding }) as Tensor4D,
    batchNorm: defineBatchNorm(context),
    maxPool: (x, kernelSize, stride, padding) => maxPool({ x }, { kernelSize, stride, padding }) as Tensor4D,
    globalAvgPool: (x) => globalAvgPool({ x }, {}) as Tensor2D,
    linear: (x, weight, bias) =>
      convolveBias({ x, bias, filter: weight }, { stride: 1, padding: 0 }) as Tensor2D,
    activation,
    scaleChannels: (x, scale) => scaleChannels({ x, scale }, {}) as Tensor4D,
    crossEntropy: defineCrossEntropy(context),
  };
}
