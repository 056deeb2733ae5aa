import type { Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormOptions, BatchNormState } from '../base.ts';
import { ACTIVATION_CODES, addressToWrite, elementCount, once, type WasmContext } from './context.ts';

type BatchNormAttributes = {
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
  /** One of the kernels' codes. */
  readonly activation: number;
  /** Addresses of the running statistics, which take no part in gradients. */
  readonly runningMean: number;
  readonly runningVar: number;
};

type PlainInput = 'x' | 'weight' | 'bias' | 'statistics';
type Saved = 'x' | 'statistics';

/** Batch norm as `TrainingOps.batchNorm` describes it; x and the result are [batch, height, width, channels]. */
export type BatchNorm = (x: Tensor4D, state: BatchNormState, options: BatchNormOptions) => Tensor4D;

/** Batch norm with the residual addition and the activation behind it as one operation. */
export function defineBatchNorm(context: WasmContext): BatchNorm {
  const { heap, tape } = context;
  const plain = tape.define<PlainInput, Saved, BatchNormAttributes>({
    name: 'HoneBatchNorm',
    forward: (inputs, attributes) => forward(context, inputs, null, attributes),
    saves: ['x', 'statistics'],
    gradients: (dy, { x, statistics }, attributes) => gradients(context, dy, x, statistics, null, attributes),
    last: 'bias',
  });
  const withResidual = tape.define<PlainInput | 'residual', Saved | 'residual', BatchNormAttributes>({
    name: 'HoneBatchNormResidual',
    forward: (inputs, attributes) => forward(context, inputs, inputs.residual, attributes),
    saves: ['x', 'residual', 'statistics'],
    gradients: (dy, { x, statistics, residual }, attributes) =>
      gradients(context, dy, x, statistics, residual, attributes),
    last: 'bias',
  });
  const engine = tf.engine();
  return (x, { weight, bias, runningMean, runningVar }, options) => {
    const { training, momentum, eps, residual } = options;
    const attributes = {
      training,
      momentum,
      eps,
      activation: ACTIVATION_CODES[options.activation],
      runningMean: addressToWrite(heap, runningMean),
      runningVar: addressToWrite(heap, runningVar),
    };
    // An input, though the forward pass fills it: as a second output the tape would make it a gradient of zeros.
    const statistics = engine.makeTensorFromTensorInfo(heap.output([4, weight.size]));
    const y = residual
      ? withResidual({ x, residual, weight, bias, statistics }, attributes)
      : plain({ x, weight, bias, statistics }, attributes);
    // The tape has its own handle where there is a tape.
    statistics.dispose();
    return y as Tensor4D;
  };
}

function forward(
  { heap, kernels }: WasmContext,
  { x, weight, bias, statistics }: Readonly<Record<PlainInput, TensorInfo>>,
  residual: TensorInfo | null,
  attributes: BatchNormAttributes,
): TensorInfo {
  const channels = x.shape.at(-1) ?? 0;
  const rows = elementCount(x) / channels;
  const { runningMean, runningVar, momentum, eps, activation } = attributes;
  const y = heap.output(x.shape);
  const [xAt, statisticsAt] = [heap.address(x), heap.address(statistics)];
  const affine = [heap.address(weight), heap.address(bias), runningMean, runningVar] as const;
  if (attributes.training) {
    kernels.batchNormBatchStatistics(xAt, rows, channels, ...affine, momentum, eps, statisticsAt);
  } else {
    kernels.batchNormRunningStatistics(channels, ...affine, eps, statisticsAt);
  }
  const residualAt = residual ? heap.address(residual) : 0;
  kernels.batchNormApply(xAt, residualAt, heap.address(y), rows, channels, statisticsAt, activation);
  return y;
}

/** All gradients come from two passes over x and dy; those not asked for yet are held. */
function gradients(
  { heap, kernels, tape }: WasmContext,
  dy: Tensor,
  x: Tensor,
  statistics: Tensor,
  residual: Tensor | null,
  { activation, training }: BatchNormAttributes,
): Record<'x' | 'residual' | 'weight' | 'bias', () => TensorInfo> {
  const all = once(() => {
    const channels = x.shape.at(-1) ?? 0;
    const rows = x.size / channels;
    const dweight = tape.hold(heap.output([channels]));
    const dbias = tape.hold(heap.output([channels]));
    const dx = tape.hold(heap.output(x.shape));
    const dresidual = residual ? tape.hold(heap.output(x.shape)) : null;
    const coefficients = heap.scratch(2 * channels * 4);
    const residualAt = residual ? heap.address(residual) : 0;
    const inputs = [heap.address(x), heap.address(dy), residualAt, rows, channels] as const;
    const common = [
      heap.address(statistics),
      activation,
      heap.address(dweight),
      heap.address(dbias),
    ] as const;
    kernels.batchNormBackwardSums(...inputs, ...common);
    const dresidualAt = dresidual ? heap.address(dresidual) : 0;
    kernels.batchNormBackwardApply(
      ...inputs,
      ...common,
      training ? 1 : 0,
      heap.address(dx),
      dresidualAt,
      coefficients,
    );
    return { dx, dresidual: dresidual ?? dx, dweight, dbias };
  });
  return {
    x: () => tape.take(all().dx),
    residual: () => tape.take(all().dresidual),
    weight: () => tape.take(all().dweight),
    bias: () => tape.take(all().dbias),
  };
}
