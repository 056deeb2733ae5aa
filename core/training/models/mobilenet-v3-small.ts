import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { RandomState } from '../../base/random-state.ts';
import type { Activation, TrainingOps } from '../backends/base.ts';
import { dropout } from './dropout.ts';
import { kaimingNormal, normal } from './initialization.ts';
import type { ForwardPass, Model } from './model.ts';
import { ModelVariables } from './model-variables.ts';

/** Shape of a MobileNetV3-small. */
export interface MobileNetV3SmallOptions {
  readonly classCount: number;
  /** Share of features dropped before the last layer; torchvision's default is 0.2. */
  readonly dropout: number;
}

/** Of every batch norm, as torchvision sets them for MobileNetV3. */
const BATCH_NORM = { momentum: 0.01, eps: 1e-3 };
const STEM_CHANNELS = 16;
const LAST_CONV_CHANNELS = 576;
const HIDDEN_FEATURES = 1024;
/** Deviation of the linear layers' weights at the start. */
const LINEAR_DEVIATION = 0.01;

/** One inverted residual block. */
interface BlockShape {
  readonly kernelSize: number;
  readonly expanded: number;
  readonly out: number;
  readonly squeeze: boolean;
  readonly activation: Activation;
  readonly stride: number;
}

function block(
  kernelSize: number,
  expanded: number,
  out: number,
  squeeze: boolean,
  activation: Activation,
  stride: number,
): BlockShape {
  return { kernelSize, expanded, out, squeeze, activation, stride };
}

/** Howard et al. 2019, table 2. */
const BLOCKS: readonly BlockShape[] = [
  block(3, 16, 16, true, 'relu', 2),
  block(3, 72, 24, false, 'relu', 2),
  block(3, 88, 24, false, 'relu', 1),
  block(5, 96, 40, true, 'hard-swish', 2),
  block(5, 240, 40, true, 'hard-swish', 1),
  block(5, 240, 40, true, 'hard-swish', 1),
  block(5, 120, 48, true, 'hard-swish', 1),
  block(5, 144, 48, true, 'hard-swish', 1),
  block(5, 288, 96, true, 'hard-swish', 2),
  block(5, 576, 96, true, 'hard-swish', 1),
  block(5, 576, 96, true, 'hard-swish', 1),
];

/** A part of the network; `residual` is added by the last batch norm of a block. */
type Layer = (x: Tensor4D, pass: ForwardPass, residual?: Tensor4D) => Tensor4D;

/**
 * MobileNetV3-small (Howard et al. 2019) with the layers, names, numerics and initialisation of torchvision's
 * `mobilenet_v3_small`.
 */
export function createMobileNetV3Small(
  ops: TrainingOps,
  options: MobileNetV3SmallOptions,
  random: RandomState,
): Model {
  const variables = new ModelVariables();
  const builder = new LayerBuilder(ops, variables, random);
  const layers: Layer[] = [
    builder.convolution('features.0', { kernelSize: 3, in: 3, out: STEM_CHANNELS, stride: 2 }, 'hard-swish'),
  ];
  let channels = STEM_CHANNELS;
  for (const [index, shape] of BLOCKS.entries()) {
    layers.push(builder.invertedResidual(`features.${index + 1}`, channels, shape));
    channels = shape.out;
  }
  const last = { kernelSize: 1, in: channels, out: LAST_CONV_CHANNELS, stride: 1 };
  layers.push(builder.convolution(`features.${BLOCKS.length + 1}`, last, 'hard-swish'));
  const hidden = builder.linear('classifier.0', LAST_CONV_CHANNELS, HIDDEN_FEATURES);
  const output = builder.linear('classifier.3', HIDDEN_FEATURES, options.classCount);

  return {
    name: 'mobilenet_v3_small',
    parameters: variables.parameters,
    buffers: variables.buffers,
    parameterCount: variables.parameterCount,
    usesBatchNorm: true,
    forward: (images, pass) => {
      let x: Tensor4D = images;
      for (const layer of layers) x = layer(x, pass);
      const features = ops.linear(ops.globalAvgPool(x), hidden.weight, hidden.bias);
      const kept = dropout(ops.activation(features, 'hard-swish'), options.dropout, pass);
      return ops.linear(kept, output.weight, output.bias);
    },
    dispose: () => {
      variables.dispose();
    },
  };
}

/** Channels and filter of a convolution; padding keeps the size but for the stride. */
interface ConvolutionShape {
  readonly kernelSize: number;
  readonly in: number;
  readonly out: number;
  readonly stride: number;
}

/** Makes the layers of the network with their variables. */
class LayerBuilder {
  readonly #ops: TrainingOps;
  readonly #variables: ModelVariables;
  readonly #random: RandomState;

  constructor(ops: TrainingOps, variables: ModelVariables, random: RandomState) {
    this.#ops = ops;
    this.#variables = variables;
    this.#random = random;
  }

  /** Convolution, batch norm, activation. */
  convolution(name: string, shape: ConvolutionShape, activation: Activation): Layer {
    const { kernelSize, stride } = shape;
    const area = kernelSize ** 2;
    const values = kaimingNormal(this.#random, area * shape.in * shape.out, area * shape.out);
    const filter = this.#variables.filter(
      `${name}.0.weight`,
      [kernelSize, kernelSize, shape.in, shape.out],
      values,
    );
    const normalize = this.#batchNorm(`${name}.1`, shape.out, activation);
    return (x, pass, residual) =>
      normalize(this.#ops.conv2d(x, filter, stride, (kernelSize - 1) / 2), pass, residual);
  }

  /** Expand, depthwise convolution, squeeze-and-excitation, project; the input is added where the shape stays. */
  invertedResidual(name: string, channels: number, shape: BlockShape): Layer {
    const { expanded, activation } = shape;
    const parts: Layer[] = [];
    const nextName = () => `${name}.block.${parts.length}`;
    if (expanded !== channels) {
      const expand = { kernelSize: 1, in: channels, out: expanded, stride: 1 };
      parts.push(this.convolution(nextName(), expand, activation));
    }
    parts.push(this.#depthwise(nextName(), expanded, shape));
    if (shape.squeeze) parts.push(this.#squeezeExcitation(nextName(), expanded));
    const project = this.convolution(
      nextName(),
      { kernelSize: 1, in: expanded, out: shape.out, stride: 1 },
      'linear',
    );
    const keepsShape = shape.stride === 1 && channels === shape.out;
    return (input, pass) => {
      const x = parts.reduce((value, part) => part(value, pass), input);
      return project(x, pass, keepsShape ? input : undefined);
    };
  }

  linear(name: string, inputs: number, outputs: number) {
    const values = normal(this.#random, inputs * outputs, LINEAR_DEVIATION);
    return {
      weight: this.#variables.weight(`${name}.weight`, [inputs, outputs], values),
      bias: this.#variables.bias(`${name}.bias`, new Float32Array(outputs)),
    };
  }

  #depthwise(name: string, channels: number, shape: BlockShape): Layer {
    const { kernelSize, stride, activation } = shape;
    const area = kernelSize ** 2;
    const values = kaimingNormal(this.#random, area * channels, area * channels);
    const filter = this.#variables.filter(`${name}.0.weight`, [kernelSize, kernelSize, channels, 1], values);
    const normalize = this.#batchNorm(`${name}.1`, channels, activation);
    return (x, pass) => normalize(this.#ops.depthwiseConv2d(x, filter, stride, (kernelSize - 1) / 2), pass);
  }

  /** Hu et al. 2018; torchvision's 1x1 convolutions on 1x1 pictures are linear layers here. */
  #squeezeExcitation(name: string, channels: number): Layer {
    const squeezed = makeDivisible(channels / 4);
    const [down, up] = [
      this.#pointwise(`${name}.fc1`, channels, squeezed),
      this.#pointwise(`${name}.fc2`, squeezed, channels),
    ];
    const ops = this.#ops;
    return (x) => {
      const hidden = ops.activation(ops.linear(ops.globalAvgPool(x), down.weight, down.bias), 'relu');
      return ops.scaleChannels(x, ops.activation(ops.linear(hidden, up.weight, up.bias), 'hard-sigmoid'));
    };
  }

  #pointwise(name: string, inputs: number, outputs: number) {
    const values = kaimingNormal(this.#random, inputs * outputs, outputs);
    return {
      weight: this.#variables.weight(`${name}.weight`, [inputs, outputs], values),
      bias: this.#variables.bias(`${name}.bias`, new Float32Array(outputs)),
    };
  }

  /**
   * In training over the batch's statistics. Differs from PyTorch, which throws: where there is one value a
   * channel (one image, already 1x1), whose statistics say nothing, the running ones are used and left alone.
   */
  #batchNorm(name: string, channels: number, activation: Activation): Layer {
    const state = this.#variables.batchNorm(name, channels);
    return (x, pass, residual) => {
      const training = pass.training && x.size > channels;
      const options = { ...BATCH_NORM, training, activation };
      return this.#ops.batchNorm(x, state, residual === undefined ? options : { ...options, residual });
    };
  }
}

/** Nearest multiple of 8, at least 8, and not below nine tenths of `channels`: torchvision's `_make_divisible`. */
function makeDivisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
