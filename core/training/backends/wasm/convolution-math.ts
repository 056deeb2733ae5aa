import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingKernels } from '../../kernels/module.ts';
import { imageShape } from './context.ts';
import type { ConvolutionPlans, ConvolutionShape } from './convolution-plans.ts';
import { alignedBytes, type WasmHeap } from './wasm-heap.ts';

/** One convolution of a batch as the kernels see it. */
export interface Convolution {
  readonly images: number;
  readonly shape: ConvolutionShape;
  readonly outputShape: readonly number[];
}

/** Floats of a panel: the bias is padded to whole panels. */
const PANEL = 8;

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
    const plan = this.#plans.forward(shape);
    const output = this.#heap.output(outputShape);
    const biasBytes = bias ? alignedBytes(shape.outChannels * 4) : 0;
    const panels = this.#heap.scratch(plan.panelBytes + biasBytes + plan.groupBytes);
    const depth = shape.kernelHeight * shape.kernelWidth * shape.inChannels;
    this.#kernels.packPanels(this.#heap.address(filter), depth, shape.outChannels, panels);
    let biasAddress = 0;
    if (bias) {
      biasAddress = this.#heap.address(bias);
      if (shape.outChannels % PANEL !== 0) {
        const padded = panels + plan.panelBytes;
        this.#heap.fillZero(padded, biasBytes);
        this.#heap.copy(biasAddress, padded, shape.outChannels * 4);
        biasAddress = padded;
      }
    }
    this.#kernels.convolve(
      plan.address,
      this.#heap.address(x),
      panels,
      biasAddress,
      relu ? 1 : 0,
      this.#heap.address(output),
      images,
      panels + plan.panelBytes + biasBytes,
    );
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
    const { classes, hasGaps } = this.#plans.inputGradient(shape);
    const dx = this.#heap.output(xShape);
    const address = this.#heap.address(dx);
    if (hasGaps) this.#heap.fillZero(address, images * shape.inHeight * shape.inWidth * shape.inChannels * 4);
    for (const plan of classes) {
      const panels = this.#heap.scratch(plan.panelBytes + plan.groupBytes);
      this.#kernels.packInputGradientPanels(
        this.#heap.address(filter),
        shape.kernelWidth,
        shape.inChannels,
        shape.outChannels,
        shape.stride,
        plan.tapTop,
        plan.tapLeft,
        plan.tapRows,
        plan.tapColumns,
        panels,
      );
      const scratch = panels + plan.panelBytes;
      this.#kernels.convolve(plan.address, this.#heap.address(dy), panels, 0, 0, address, images, scratch);
    }
    return dx;
  }

  /** dfilter [the shape of the filter] from x and dy. */
  filterGradient(
    convolution: Convolution,
    x: TensorInfo,
    dy: TensorInfo,
    filterShape: readonly number[],
  ): TensorInfo {
    const plan = this.#plans.forward(convolution.shape);
    const dfilter = this.#heap.output(filterShape);
    const scratch = this.#heap.scratch(plan.filterGradientBytes);
    this.#kernels.filterGradient(
      plan.address,
      this.#heap.address(x),
      this.#heap.address(dy),
      this.#heap.address(dfilter),
      convolution.images,
      scratch,
    );
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
