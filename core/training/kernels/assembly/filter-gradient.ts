import { ConvolutionPlan, paddedBytes, padImages } from './convolution-plan';
import { packPanels } from './pack';
import { PANEL } from './tile';
import { multiplyAdd, storeLanes } from './vector';

/** Window positions (floats of a window row) of a tile: with 8 output channels, 12 accumulators. */
export const TILE_TAPS: i32 = 6;

/** Bytes of a tile: 6 x 8 floats. */
export const TILE_BYTES: usize = 192;

/** Pixels whose dy is packed at once: 64 times 8 channels stay in the first-level cache across all taps. */
const BLOCK_PIXELS: i32 = 64;

/**
 * dfilter [kernelRows * run, outChannels] = sum over pixels of window(x) times dy, for a forward plan.
 *
 * Scratch layout: tile sums [kernelRows][ceil(run / 6)][ceil(out / 8)][6][8], then packed dy
 * [ceil(out / 8)][64][8], then the zero-framed group. `filterGradientBytes` of `backends/wasm/convolution-plans.ts` adds it up.
 */
export function filterGradient(
  plan: ConvolutionPlan,
  x: usize,
  dy: usize,
  dfilter: usize,
  images: i32,
  scratch: usize,
): void {
  const groupImages = plan.groupImages;
  const outChannels = plan.outChannels;
  const panelCount = (outChannels + PANEL - 1) / PANEL;
  const tapTiles = (plan.run + TILE_TAPS - 1) / TILE_TAPS;
  const sumBytes = <usize>(plan.kernelRows * tapTiles * panelCount) * TILE_BYTES;
  const dyPanels = scratch + sumBytes;
  const group = dyPanels + ((<usize>(panelCount * BLOCK_PIXELS)) << 5);
  memory.fill(scratch, 0, sumBytes);
  const padded = plan.paddedHeight > 0;
  if (padded) memory.fill(group, 0, paddedBytes(plan));
  const pixelBytes = (<usize>outChannels) << 2;
  for (let first = 0; first < images; first += groupImages) {
    const count = min(groupImages, images - first);
    let source = x + <usize>first * <usize>plan.inImageBytes;
    if (padded) {
      padImages(plan, source, count, group);
      source = group;
    }
    const pixels = count * plan.imagePixels;
    const gradients = dy + <usize>(first * plan.imagePixels) * pixelBytes;
    for (let block = 0; block < pixels; block += BLOCK_PIXELS) {
      const blockPixels = min(BLOCK_PIXELS, pixels - block);
      packPanels(gradients + <usize>block * pixelBytes, blockPixels, outChannels, dyPanels);
      addBlock(
        plan,
        source,
        plan.inputOffsets + ((<usize>block) << 2),
        blockPixels,
        dyPanels,
        panelCount,
        tapTiles,
        scratch,
      );
    }
  }
  unpackSums(plan, scratch, panelCount, tapTiles, dfilter);
}

/** Adds the products of one block of pixels to all tile sums. */
function addBlock(
  plan: ConvolutionPlan,
  source: usize,
  offsets: usize,
  pixels: i32,
  dyPanels: usize,
  panelCount: i32,
  tapTiles: i32,
  sums: usize,
): void {
  const panelBytes = (<usize>pixels) << 5;
  for (let row = 0; row < plan.kernelRows; row++) {
    for (let t = 0; t < tapTiles; t++) {
      const taps = source + <usize>row * <usize>plan.rowBytes + ((<usize>(t * TILE_TAPS)) << 2);
      let panel = dyPanels;
      for (let q = 0; q < panelCount; q++) {
        addTile(taps, offsets, panel, pixels, sums);
        panel += panelBytes;
        sums += TILE_BYTES;
      }
    }
  }
}

/**
 * sums[6][8] += over pixels of taps[0…6) at the pixel's offset times dy[8]. The last tile of a window row reads up
 * to 5 floats behind it, always inside the heap; those sums are never used.
 */
export function addTile(taps: usize, offsets: usize, panel: usize, pixels: i32, sums: usize): void {
  let c0 = v128.load(sums);
  let d0 = v128.load(sums, 16);
  let c1 = v128.load(sums, 32);
  let d1 = v128.load(sums, 48);
  let c2 = v128.load(sums, 64);
  let d2 = v128.load(sums, 80);
  let c3 = v128.load(sums, 96);
  let d3 = v128.load(sums, 112);
  let c4 = v128.load(sums, 128);
  let d4 = v128.load(sums, 144);
  let c5 = v128.load(sums, 160);
  let d5 = v128.load(sums, 176);
  const end = panel + ((<usize>pixels) << 5);
  while (panel < end) {
    const x = taps + load<u32>(offsets);
    const p = v128.load(panel);
    const q = v128.load(panel, 16);
    let a = v128.load32_splat(x);
    c0 = multiplyAdd(a, p, c0);
    d0 = multiplyAdd(a, q, d0);
    a = v128.load32_splat(x, 4);
    c1 = multiplyAdd(a, p, c1);
    d1 = multiplyAdd(a, q, d1);
    a = v128.load32_splat(x, 8);
    c2 = multiplyAdd(a, p, c2);
    d2 = multiplyAdd(a, q, d2);
    a = v128.load32_splat(x, 12);
    c3 = multiplyAdd(a, p, c3);
    d3 = multiplyAdd(a, q, d3);
    a = v128.load32_splat(x, 16);
    c4 = multiplyAdd(a, p, c4);
    d4 = multiplyAdd(a, q, d4);
    a = v128.load32_splat(x, 20);
    c5 = multiplyAdd(a, p, c5);
    d5 = multiplyAdd(a, q, d5);
    panel += 32;
    offsets += 4;
  }
  v128.store(sums, c0);
  v128.store(sums, d0, 16);
  v128.store(sums, c1, 32);
  v128.store(sums, d1, 48);
  v128.store(sums, c2, 64);
  v128.store(sums, d2, 80);
  v128.store(sums, c3, 96);
  v128.store(sums, d3, 112);
  v128.store(sums, c4, 128);
  v128.store(sums, d4, 144);
  v128.store(sums, c5, 160);
  v128.store(sums, d5, 176);
}

/** Tile sums to dfilter's rows of outChannels floats. */
function unpackSums(
  plan: ConvolutionPlan,
  sums: usize,
  panelCount: i32,
  tapTiles: i32,
  dfilter: usize,
): void {
  const outChannels = plan.outChannels;
  const run = plan.run;
  for (let row = 0; row < plan.kernelRows; row++) {
    for (let t = 0; t < tapTiles; t++) {
      const taps = min(TILE_TAPS, run - t * TILE_TAPS);
      for (let q = 0; q < panelCount; q++) {
        const columns = min(PANEL, outChannels - q * PANEL);
        let target = dfilter + ((<usize>((row * run + t * TILE_TAPS) * outChannels + q * PANEL)) << 2);
        for (let i = 0; i < taps; i++) {
          const source = sums + ((<usize>i) << 5);
          storeLanes(target, v128.load(source), min(columns, 4));
          if (columns > 4) storeLanes(target + 16, v128.load(source, 16), columns - 4);
          target += (<usize>outChannels) << 2;
        }
        sums += TILE_BYTES;
      }
    }
  }
}
