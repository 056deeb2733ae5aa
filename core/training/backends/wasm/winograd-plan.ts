import type { ConvolutionShape } from './convolution-plans.ts';
import { type ConvolutionPlan, PANEL, writePlan } from './plan-writer.ts';
import type { WasmHeap } from './wasm-heap.ts';

/** A 3x3 convolution of stride 1 by Winograd's algorithm: `kernels/assembly/winograd-plan.ts`. */
export interface WinogradPlan extends ConvolutionPlan {
  readonly panelCount: number;
  /** Bytes of the transformed weights. */
  readonly weightBytes: number;
  /** Scratch of the convolution, beside panels, weights and bias. */
  readonly convolveBytes: number;
  /** All scratch of the filter gradient. */
  readonly filterGradientBytes: number;
}

/** `BLOCK_TILES`, `POINTS` and `TILE_TAPS` of the kernels. */
const BLOCK_TILES = 48;
const POINTS = 16;
const TILE_TAPS = 6;

/** Below so many channels the transforms cost as much as they save. */
const MIN_CHANNELS = 8;

/**
 * Whether fewer multiplications outweigh the transforms: 16 a tile and channel pair instead of 9 a pixel, with
 * enough tiles to share the work on the weights.
 */
export function isWinogradWorthwhile(shape: ConvolutionShape, images: number): boolean {
  const { kernelHeight, kernelWidth, stride, padding, inChannels, outChannels } = shape;
  if (kernelHeight !== 3 || kernelWidth !== 3 || stride !== 1 || padding < 0 || padding > 2) return false;
  if (Math.min(inChannels, outChannels) < MIN_CHANNELS) return false;
  const { outHeight, outWidth, tileRows, tileColumns } = tiling(shape);
  const saves = 16 * tileRows * tileColumns < 0.7 * 9 * outHeight * outWidth;
  return saves && images * tileRows * tileColumns >= BLOCK_TILES;
}

function tiling(shape: ConvolutionShape) {
  const outHeight = shape.inHeight + 2 * shape.padding - 2;
  const outWidth = shape.inWidth + 2 * shape.padding - 2;
  return { outHeight, outWidth, tileRows: Math.ceil(outHeight / 2), tileColumns: Math.ceil(outWidth / 2) };
}

/** Write what the Winograd kernels need to know of a shape to the heap; kept for every later step of that shape. */
export function writeWinogradPlan(heap: WasmHeap, shape: ConvolutionShape): WinogradPlan {
  const { inHeight, inWidth, inChannels, outChannels, padding } = shape;
  const { outHeight, outWidth, tileRows, tileColumns } = tiling(shape);
  const plan = writePlan(
    heap,
    {
      inHeight,
      inWidth,
      inChannels,
      // The frame holds whole tiles, also where the output is odd.
      pad: {
        top: padding,
        bottom: 2 * tileRows + 2 - inHeight - padding,
        left: padding,
        right: 2 * tileColumns + 2 - inWidth - padding,
      },
      kernelRows: 3,
      kernelColumns: 3,
      rows: tileRows,
      columns: tileColumns,
      windowTop: 0,
      windowLeft: 0,
      windowStep: 2,
      outHeight,
      outWidth,
      outChannels,
      outTop: 0,
      outLeft: 0,
      outStep: 2,
      alwaysCopied: true,
      groupWindows: BLOCK_TILES,
    },
    [outHeight, outWidth, tileColumns],
    Array.from({ length: BLOCK_TILES }, (_, tile) => tile * inChannels * 4),
  );
  const panelCount = Math.ceil(outChannels / PANEL);
  const inputBytes = POINTS * pointBytes(inChannels);
  const outputBytes = POINTS * pointBytes(panelCount * PANEL);
  const sumBytes = POINTS * Math.ceil(inChannels / TILE_TAPS) * panelCount * TILE_TAPS * PANEL * 4;
  return {
    ...plan,
    panelCount,
    weightBytes: POINTS * panelCount * PANEL * inChannels * 4,
    convolveBytes: inputBytes + outputBytes + plan.groupBytes,
    filterGradientBytes: sumBytes + inputBytes + outputBytes + plan.groupBytes,
  };
}

/** As `pointBytes` of the kernels. */
function pointBytes(width: number): number {
  return BLOCK_TILES * width * 4 + 64;
}
