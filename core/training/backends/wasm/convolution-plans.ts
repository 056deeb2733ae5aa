import { windowCount } from './context.ts';
import { type ConvolutionPlan, PANEL, type WindowPlacement, writePlan } from './plan-writer.ts';
import type { WasmHeap } from './wasm-heap.ts';
import { isWinogradWorthwhile, type WinogradPlan, writeWinogradPlan } from './winograd-plan.ts';

/** A convolution's sizes, without the batch. Stride and padding are the same along both axes. */
export interface ConvolutionShape {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outChannels: number;
  readonly stride: number;
  readonly padding: number;
}

/** The plan of a forward convolution, which its filter gradient uses too. */
export interface ForwardPlan extends ConvolutionPlan {
  readonly outHeight: number;
  readonly outWidth: number;
  readonly filterGradientBytes: number;
}

/** The input pixels of one remainder modulo the stride, and the filter taps that reach them. */
export interface InputGradientPlan extends ConvolutionPlan {
  readonly tapTop: number;
  readonly tapLeft: number;
  readonly tapRows: number;
  readonly tapColumns: number;
}

/** Plans of an input gradient; `hasGaps` where some input pixels are reached by no tap, so dx starts at 0. */
export interface InputGradientPlans {
  readonly classes: readonly InputGradientPlan[];
  readonly hasGaps: boolean;
}

/** A group has at least this many output pixels, so that its last, partly filled tile does not count. */
const GROUP_PIXELS = 128;

/** Beyond this, all plans are thrown away and built again as needed: sizes of past trials do not pile up. */
const CACHE_BYTES = 32 * 2 ** 20;

/** `TILE_TAPS` and `BLOCK_PIXELS` of `kernels/assembly/filter-gradient.ts`. */
const TILE_TAPS = 6;
const FILTER_GRADIENT_BLOCK = 64;

/** Builds convolution plans in the heap, each once. They do not depend on the batch size. */
export class ConvolutionPlans {
  readonly #heap: WasmHeap;
  readonly #forward = new Map<string, ForwardPlan>();
  readonly #inputGradients = new Map<string, InputGradientPlans>();
  readonly #winograd = new Map<string, WinogradPlan>();
  readonly #addresses: number[] = [];
  #sizeBytes = 0;

  constructor(heap: WasmHeap) {
    this.#heap = heap;
  }

  forward(shape: ConvolutionShape): ForwardPlan {
    const key = keyOf(shape);
    let plan = this.#forward.get(key);
    if (plan === undefined) {
      this.#makeRoom();
      plan = this.#buildForward(shape);
      this.#forward.set(key, plan);
    }
    return plan;
  }

  inputGradient(shape: ConvolutionShape): InputGradientPlans {
    const key = keyOf(shape);
    let plans = this.#inputGradients.get(key);
    if (plans === undefined) {
      this.#makeRoom();
      plans = this.#buildInputGradient(shape);
      this.#inputGradients.set(key, plans);
    }
    return plans;
  }

  /** The plan by Winograd's algorithm, or null where that does not apply or does not pay for so many images. */
  winograd(shape: ConvolutionShape, images: number): WinogradPlan | null {
    if (!isWinogradWorthwhile(shape, images)) return null;
    const key = keyOf(shape);
    let plan = this.#winograd.get(key);
    if (plan === undefined) {
      this.#makeRoom();
      plan = this.#own(writeWinogradPlan(this.#heap, shape));
      this.#winograd.set(key, plan);
    }
    return plan;
  }

  dispose(): void {
    for (const address of this.#addresses) this.#heap.free(address);
    this.#addresses.length = 0;
    this.#forward.clear();
    this.#inputGradients.clear();
    this.#winograd.clear();
    this.#sizeBytes = 0;
  }

  #makeRoom(): void {
    if (this.#sizeBytes > CACHE_BYTES) this.dispose();
  }

  #buildForward(shape: ConvolutionShape): ForwardPlan {
    const { inHeight, inWidth, padding, stride, kernelHeight, kernelWidth } = shape;
    const outHeight = windowCount(inHeight, kernelHeight, stride, padding);
    const outWidth = windowCount(inWidth, kernelWidth, stride, padding);
    const plan = this.#write({
      inHeight,
      inWidth,
      inChannels: shape.inChannels,
      pad: { top: padding, bottom: padding, left: padding, right: padding },
      kernelRows: kernelHeight,
      kernelColumns: kernelWidth,
      rows: outHeight,
      columns: outWidth,
      windowTop: 0,
      windowLeft: 0,
      windowStep: stride,
      outHeight,
      outWidth,
      outChannels: shape.outChannels,
      outTop: 0,
      outLeft: 0,
      outStep: 1,
      groupWindows: GROUP_PIXELS,
    });
    const panels = Math.ceil(shape.outChannels / PANEL);
    const tapTiles = kernelHeight * Math.ceil((kernelWidth * shape.inChannels) / TILE_TAPS);
    const sumBytes = tapTiles * panels * TILE_TAPS * PANEL * 4;
    const dyBytes = panels * FILTER_GRADIENT_BLOCK * PANEL * 4;
    return { ...plan, outHeight, outWidth, filterGradientBytes: sumBytes + dyBytes + plan.groupBytes };
  }

  /**
   * Input pixel h gets tap k from output row (h + padding - k) / stride where that is whole: pixels of one
   * remainder share their taps k = tapTop, tapTop + stride, …, and over them the gradient is a plain convolution
   * of dy with the reversed taps.
   */
  #buildInputGradient(shape: ConvolutionShape): InputGradientPlans {
    const { inHeight, inWidth, stride } = shape;
    const outHeight = windowCount(inHeight, shape.kernelHeight, stride, shape.padding);
    const outWidth = windowCount(inWidth, shape.kernelWidth, stride, shape.padding);
    const vertical = axisClasses(inHeight, outHeight, shape.kernelHeight, stride, shape.padding);
    const horizontal = axisClasses(inWidth, outWidth, shape.kernelWidth, stride, shape.padding);
    const classes: InputGradientPlan[] = [];
    let hasGaps = false;
    for (const v of vertical) {
      for (const h of horizontal) {
        if (v.taps === 0 || h.taps === 0) {
          hasGaps = true;
          continue;
        }
        const plan = this.#write({
          inHeight: outHeight,
          inWidth: outWidth,
          inChannels: shape.outChannels,
          pad: { top: v.padBefore, bottom: v.padAfter, left: h.padBefore, right: h.padAfter },
          kernelRows: v.taps,
          kernelColumns: h.taps,
          rows: v.count,
          columns: h.count,
          windowTop: v.window,
          windowLeft: h.window,
          windowStep: 1,
          outHeight: inHeight,
          outWidth: inWidth,
          outChannels: shape.inChannels,
          outTop: v.first,
          outLeft: h.first,
          outStep: stride,
          groupWindows: GROUP_PIXELS,
        });
        classes.push({ ...plan, tapTop: v.tap, tapLeft: h.tap, tapRows: v.taps, tapColumns: h.taps });
      }
    }
    return { classes, hasGaps };
  }

  #write(place: WindowPlacement): ConvolutionPlan {
    return this.#own(writePlan(this.#heap, place));
  }

  #own<Plan extends ConvolutionPlan>(plan: Plan): Plan {
    this.#addresses.push(plan.address);
    this.#sizeBytes += plan.sizeBytes;
    return plan;
  }
}

/** Input positions of one remainder modulo the stride along one axis. */
interface AxisClass {
  /** First position and how many there are. */
  readonly first: number;
  readonly count: number;
  /** First tap and how many reach them. */
  readonly tap: number;
  readonly taps: number;
  /** Where the first position's window begins in the padded output axis; frame of zeros before and after. */
  readonly window: number;
  readonly padBefore: number;
  readonly padAfter: number;
}

function axisClasses(
  inSize: number,
  outSize: number,
  kernel: number,
  stride: number,
  padding: number,
): AxisClass[] {
  const classes: AxisClass[] = [];
  for (let first = 0; first < Math.min(stride, inSize); first++) {
    const tap = (first + padding) % stride;
    const taps = Math.max(0, Math.ceil((kernel - tap) / stride));
    const count = Math.ceil((inSize - first) / stride);
    // Position i reads outputs [begin + i, begin + i + taps).
    const begin = (first + padding - tap) / stride - (taps - 1);
    const padBefore = Math.max(0, -begin);
    const padAfter = Math.max(0, begin + count - 1 + taps - outSize);
    classes.push({ first, count, tap, taps, window: begin + padBefore, padBefore, padAfter });
  }
  return classes;
}

function keyOf(s: ConvolutionShape): string {
  return `${s.inHeight},${s.inWidth},${s.inChannels},${s.kernelHeight},${s.kernelWidth},${s.outChannels},${s.stride},${s.padding}`;
}
