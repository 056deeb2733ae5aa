import { ConvolutionPlan, paddedBytes, padImages } from './convolution-plan';
import { PANEL, TILE_PIXELS, tile } from './tile';

/**
 * Pixels that go through all panels before the next ones: their windows stay in the first-level cache while the
 * panels stream past. A multiple of the tile.
 */
const BLOCK_PIXELS: i32 = 8 * TILE_PIXELS;

/**
 * y = x convolved with packed panels, plus bias, clamped below at 0 if `relu`.
 *
 * The same kernel is the forward convolution, the input gradient (one plan a stride class) and the matrix product
 * (images of one pixel). `bias` points at outChannels floats padded to whole panels, or is 0. `scratch` holds the
 * zero-framed group where the plan pads.
 */
export function convolve(
  plan: ConvolutionPlan,
  x: usize,
  panels: usize,
  bias: usize,
  relu: i32,
  y: usize,
  images: i32,
  scratch: usize,
): void {
  const groupImages = plan.groupImages;
  const padded = plan.paddedHeight > 0;
  if (padded) memory.fill(scratch, 0, paddedBytes(plan));
  for (let first = 0; first < images; first += groupImages) {
    const count = min(groupImages, images - first);
    let source = x + <usize>first * <usize>plan.inImageBytes;
    if (padded) {
      padImages(plan, source, count, scratch);
      source = scratch;
    }
    const target = y + <usize>first * <usize>plan.outImageBytes;
    const pixels = count * plan.imagePixels;
    for (let block = 0; block < pixels; block += BLOCK_PIXELS) {
      convolveBlock(plan, source, panels, bias, relu, target, block, min(pixels, block + BLOCK_PIXELS));
    }
  }
}

/** Pixels [begin, end) of a group through all panels. */
function convolveBlock(
  plan: ConvolutionPlan,
  source: usize,
  panels: usize,
  bias: usize,
  relu: i32,
  target: usize,
  begin: i32,
  end: i32,
): void {
  const rows = plan.kernelRows;
  const run = plan.run;
  const rowBytes = <usize>plan.rowBytes;
  const outChannels = plan.outChannels;
  const panelBytes = (<usize>(rows * run)) << 5;
  const inputOffsets = plan.inputOffsets;
  const outputOffsets = plan.outputOffsets;
  for (let channel = 0; channel < outChannels; channel += PANEL) {
    const columns = min(PANEL, outChannels - channel);
    for (let m = begin; m < end; m += TILE_PIXELS) {
      // The last tile of a block repeats its last pixel.
      const last = end - 1;
      const m0 = (<usize>m) << 2;
      const m1 = (<usize>min(m + 1, last)) << 2;
      const m2 = (<usize>min(m + 2, last)) << 2;
      const m3 = (<usize>min(m + 3, last)) << 2;
      const m4 = (<usize>min(m + 4, last)) << 2;
      const m5 = (<usize>min(m + 5, last)) << 2;
      tile(
        source + load<u32>(inputOffsets + m0),
        source + load<u32>(inputOffsets + m1),
        source + load<u32>(inputOffsets + m2),
        source + load<u32>(inputOffsets + m3),
        source + load<u32>(inputOffsets + m4),
        source + load<u32>(inputOffsets + m5),
        rows,
        run,
        rowBytes,
        panels,
        bias,
        relu,
        target + load<u32>(outputOffsets + m0),
        target + load<u32>(outputOffsets + m1),
        target + load<u32>(outputOffsets + m2),
        target + load<u32>(outputOffsets + m3),
        target + load<u32>(outputOffsets + m4),
        target + load<u32>(outputOffsets + m5),
        columns,
      );
    }
    panels += panelBytes;
    target += 32;
    if (bias) bias += 32;
  }
}
