import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingKernels } from '../../kernels/module.ts';
import { imageShape } from './context.ts';
import type { ConvolutionPlans, ConvolutionShape } from './convolution-plans.ts';
import { type ConvolutionPlan, PANEL } from './plan-writer.ts';
import { alignedBytes, type WasmHeap } from './wasm-heap.ts';
import type { WinogradPlan } from './winograd-plan.ts';

/** One convolution of a batch as the kernels see it. */
export interface Convolution {
  readonly images: number;
  readonly shape: ConvolutionShape;
  readonly outputShape: readonly number[];
}

/** Sets up scratch and calls the `convolve` and `filterGradient` kernels. */
export class ConvolutionMath {
  readonly #heap: WasmHeap;
  readonly #kernels: TrainingKernels;
  readonly #plans: ConvolutionPlans;

  constructor(heap: WasmHeap, kernels: TrainingKernels, plans: ConvolutionPlans) {
    this.#heap = heap;
    this.#kernels = kernels;
    this.#plans = plans;
  }

  /**
   * What to compute for x [batch, height, width, in] and filter [kernelHeight, kernelWidth, in, out], or for x
   * [batch, in] and weight [in, out].
   *
   * Where every pixel is its own window, a batch of images is a batch of single pixels: a matrix product.
   */
  convolution(x: TensorInfo, filter: TensorInfo, stride: number, padding: number): Convolution {
    const outChannels = filter.shape.at(-1) ?? 0;
    const inChannels = x.shape.at(-1) ?? 0;
    const [batch, inHeight, inWidth] = x.shape.length === 2 ? [x.shape[0] ?? 0, 1, 1] : imageShape(x);
    const [kernelHeight, kernelWidth] = x.shape.length === 2 ? [1, 1] : imageShape(filter);
    if (kernelHeight === 1 && kernelWidth === 1 && stride === 1 && padding === 0) {
      const pixel = {
        inHeight: 1,
        inWidth: 1,
        inChannels,
        kernelHeight,
        kernelWidth,
        outChannels,
        stride,
        padding,
      };
      const outputShape = [...x.shape.slice(0, -1), outChannels];
      return { images: batch * inHeight * inWidth, shape: pixel, outputShape };
    }
    const shape = { inHeight, inWidth, inChannels, kernelHeight, kernelWidth, outChannels, stride, padding };
    const plan = this.#plans.forward(shape);
    return { images: batch, shape, outputShape: [batch, plan.outHeight, plan.outWidth, outChannels] };
  }

  /** Output, plus bias where there is one, clamped below at 0 where `relu`. */
  forward(
    convolution: Convolution,
    x: TensorInfo,
    filter: TensorInfo,
    bias: TensorInfo | null,
    relu: boolean,
  ): TensorInfo {
    const { shape, images, outputShape } = convolution;
    const output = this.#heap.output(outputShape);
    const addresses = { x: this.#heap.address(x), y: this.#heap.address(output) };
    const depth = shape.kernelHeight * shape.kernelWidth * shape.inChannels;
    const pack = (panels: number) => {
      this.#kernels.packPanels(this.#heap.address(filter), depth, shape.outChannels, panels);
    };
    const winograd = this.#plans.winograd(shape, images);
    if (winograd) this.#convolveWinograd(winograd, addresses, images, pack, shape.inChannels, bias, relu);
    else this.#convolve(this.#plans.forward(shape), addresses, images, pack, bias, relu);
    return output;
  }

  /** dx [the shape of x] from dy and the filter. */
  inputGradient(
    convolution: Convolution,
    dy: TensorInfo,
    xShape: readonly number[],
    filter: TensorInfo,
  ): TensorInfo {
    const { shape, images } = convolution;
    const { inChannels, outChannels, kernelWidth, stride } = shape;
    const dx = this.#heap.output(xShape);
    const addresses = { x: this.#heap.address(dy), y: this.#heap.address(dx) };
    const filterAt = this.#heap.address(filter);
    const winograd = this.#plans.winograd(gradientShape(shape), images);
    if (winograd) {
      const pack = (panels: number) => {
        this.#kernels.packInputGradientPanels(filterAt, 3, inChannels, outChannels, 1, 0, 0, 3, 3, panels);
      };
      this.#convolveWinograd(winograd, addresses, images, pack, outChannels, null, false);
      return dx;
    }
    const { classes, hasGaps } = this.#plans.inputGradient(shape);
    if (hasGaps) this.#heap.fillZero(addresses.y, images * shape.inHeight * shape.inWidth * inChannels * 4);
    for (const plan of classes) {
      const taps = [plan.tapTop, plan.tapLeft, plan.tapRows, plan.tapColumns] as const;
      const pack = (panels: number) => {
        this.#kernels.packInputGradientPanels(
          filterAt,
          kernelWidth,
          inChannels,
          outChannels,
          stride,
          ...taps,
          panels,
        );
      };
      this.#convolve(plan, addresses, images, pack, null, false);
    }
    return dx;
  }

  /** Scratch layout: packed panels, padded bias, framed group. */
  #convolve(
    plan: ConvolutionPlan,
    { x, y }: { readonly x: number; readonly y: number },
    images: number,
    pack: (panels: number) => void,
    bias: TensorInfo | null,
    relu: boolean,
  ): void {
    const panels = this.#heap.scratch(plan.panelBytes + biasBytes(bias) + plan.groupBytes);
    pack(panels);
    const biasAt = this.#padBias(bias, panels + plan.panelBytes);
    const group = panels + plan.panelBytes + biasBytes(bias);
    this.#kernels.convolve(plan.address, x, panels, biasAt, relu ? 1 : 0, y, images, group);
  }

  /** Scratch layout: transformed weights, padded bias, then the packed panels and after them the kernel's own. */
  #convolveWinograd(
    plan: WinogradPlan,
    { x, y }: { readonly x: number; readonly y: number },
    images: number,
    pack: (panels: number) => void,
    channels: number,
    bias: TensorInfo | null,
    relu: boolean,
  ): void {
    const workBytes = Math.max(plan.panelBytes, plan.convolveBytes);
    const weights = this.#heap.scratch(plan.weightBytes + biasBytes(bias) + workBytes);
    const work = weights + plan.weightBytes + biasBytes(bias);
    pack(work);
    this.#kernels.winogradWeights(work, plan.panelCount, channels, weights);
    const biasAt = this.#padBias(bias, weights + plan.weightBytes);
    this.#kernels.winogradConvolve(plan.address, x, weights, biasAt, relu ? 1 : 0, y, images, work);
  }

  /** The address of the bias in whole panels: its own, or `padded` where it must be filled up with zeros. */
  #padBias(bias: TensorInfo | null, padded: number): number {
    if (bias === null) return 0;
    const address = this.#heap.address(bias);
    const count = bias.shape[0] ?? 0;
    if (count % PANEL === 0) return address;
    this.#heap.fillZero(padded, biasBytes(bias));
    this.#heap.copy(address, padded, count * 4);
    return padded;
  }

  /** dfilter [the shape of the filter] from x and dy. */
  filterGradient(
    convolution: Convolution,
    x: TensorInfo,
    dy: TensorInfo,
    filterShape: readonly number[],
  ): TensorInfo {
    const { shape, images } = convolution;
    const dfilter = this.#heap.output(filterShape);
    const addresses = [this.#heap.address(x), this.#heap.address(dy), this.#heap.address(dfilter)] as const;
    const winograd = this.#plans.winograd(shape, images);
    if (winograd) {
      const scratch = this.#heap.scratch(winograd.filterGradientBytes);
      this.#kernels.winogradFilterGradient(winograd.address, ...addresses, images, scratch);
    } else {
      const plan = this.#plans.forward(shape);
      const scratch = this.#heap.scratch(plan.filterGradientBytes);
      this.#kernels.filterGradient(plan.address, ...addresses, images, scratch);
    }
    return dfilter;
  }

  /** dbias [outChannels]: sums of dy over all pixels. */
  biasGradient(dy: TensorInfo): TensorInfo {
    const channels = dy.shape.at(-1) ?? 0;
    const dbias = this.#heap.output([channels]);
    this.#kernels.biasGradient(this.#heap.address(dy), pixelCount(dy), channels, this.#heap.address(dbias));
    return dbias;
  }

  /** dz = dy where the output is positive, and dbias, in one pass. */
  reluBiasGradient(
    dy: TensorInfo,
    output: TensorInfo,
  ): { readonly dz: TensorInfo; readonly dbias: TensorInfo } {
    const channels = dy.shape.at(-1) ?? 0;
    const dz = this.#heap.output(dy.shape);
    const dbias = this.#heap.output([channels]);
    this.#kernels.reluBiasBackward(
      this.#heap.address(dy),
      this.#heap.address(output),
      this.#heap.address(dz),
      pixelCount(dy),
      channels,
      this.#heap.address(dbias),
    );
    return { dz, dbias };
  }
}

/** Pixels of a whole batch. */
function pixelCount(tensor: TensorInfo): number {
  return tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1);
}

/** Bytes of a bias padded to whole panels. */
function biasBytes(bias: TensorInfo | null): number {
  return bias ? alignedBytes((bias.shape[0] ?? 0) * 4) : 0;
}

/** The convolution over dy that an input gradient of stride 1 is. */
function gradientShape(shape: ConvolutionShape): ConvolutionShape {
  return {
    ...shape,
    inHeight: shape.inHeight + 2 * shape.padding - shape.kernelHeight + 1,
    inWidth: shape.inWidth + 2 * shape.padding - shape.kernelWidth + 1,
    inChannels: shape.outChannels,
    outChannels: shape.inChannels,
    padding: shape.kernelHeight - 1 - shape.padding,
  };
}
