import { paddedBytes, padImages } from './convolution-plan';
import { addTile, TILE_BYTES, TILE_TAPS } from './filter-gradient';
import { PANEL } from './tile';
import { loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';
import { transformInput } from './winograd-input';
import { BLOCK_TILES, POINTS, pointBytes, tileInside, WinogradPlan } from './winograd-plan';

/**
 * dfilter [3, 3, in, out] of a 3x3 convolution of stride 1: the transpose of the forward algorithm,
 * dg = Gt (sum over tiles of V times (A dy At)) G, with V the forward's transformed input.
 *
 * Scratch layout: sums [16][ceil(in / 6)][panels][6][8], V, transformed dy [16][panels][48 tiles][8], the framed
 * group.
 */
export function winogradFilterGradient(
  plan: WinogradPlan,
  x: usize,
  dy: usize,
  dfilter: usize,
  images: i32,
  scratch: usize,
): void {
  const panelCount = (plan.outChannels + PANEL - 1) / PANEL;
  const tapTiles = (plan.inChannels + TILE_TAPS - 1) / TILE_TAPS;
  const pointSumBytes = <usize>(tapTiles * panelCount) * TILE_BYTES;
  const points = scratch + <usize>POINTS * pointSumBytes;
  const gradients = points + <usize>POINTS * pointBytes(plan.inChannels);
  const group = gradients + <usize>POINTS * pointBytes(panelCount * PANEL);
  memory.fill(scratch, 0, <usize>POINTS * pointSumBytes);
  memory.fill(group, 0, paddedBytes(plan));
  for (let first = 0; first < images; first += plan.groupImages) {
    const count = min(plan.groupImages, images - first);
    padImages(plan, x + <usize>first * <usize>plan.inImageBytes, count, group);
    const source = dy + <usize>first * <usize>plan.outImageBytes;
    const tiles = count * plan.imagePixels;
    for (let block = 0; block < tiles; block += BLOCK_TILES) {
      const blockTiles = min(BLOCK_TILES, tiles - block);
      transformInput(plan, group, block, blockTiles, points);
      transformGradient(plan, source, block, blockTiles, panelCount, gradients);
      addProducts(plan, points, gradients, blockTiles, panelCount, tapTiles, scratch);
    }
  }
  transformSums(plan, scratch, panelCount, tapTiles, dfilter);
}

/** One row of A dy At: (y0, y0 + y1, y0 - y1, -y1). */
// @inline
function gradientRow(y0: v128, y1: v128, target: usize, step: usize): void {
  v128.store(target, y0);
  v128.store(target + step, f32x4.add(y0, y1));
  v128.store(target + 2 * step, f32x4.sub(y0, y1));
  v128.store(target + 3 * step, f32x4.neg(y1));
}

/** A dy At of a block's tiles; pixels outside and channels behind the last count as 0. */
function transformGradient(
  plan: WinogradPlan,
  source: usize,
  first: i32,
  count: i32,
  panelCount: i32,
  gradients: usize,
): void {
  const channels = plan.outChannels;
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>plan.outWidth * pixelBytes;
  const step = pointBytes(panelCount * PANEL);
  for (let i = 0; i < count; i++) {
    const inside = tileInside(plan, first + i);
    let pixel = source + load<u32>(plan.outputOffsets + ((<usize>(first + i)) << 2));
    for (let half = 0; half < 2 * panelCount; half++) {
      const lanes = min(4, channels - 4 * half);
      const below = pixel + rowBytes;
      const a = lanes > 0 ? loadLanes(pixel, lanes) : ZERO;
      const b = lanes > 0 && inside & 1 ? loadLanes(pixel + pixelBytes, lanes) : ZERO;
      const c = lanes > 0 && inside & 2 ? loadLanes(below, lanes) : ZERO;
      const d = lanes > 0 && inside == 3 ? loadLanes(below + pixelBytes, lanes) : ZERO;
      const row = <usize>((half >> 1) * BLOCK_TILES + i);
      const target = gradients + (row << 5) + ((<usize>(half & 1)) << 4);
      gradientRow(a, b, target, step);
      gradientRow(f32x4.add(a, c), f32x4.add(b, d), target + 4 * step, step);
      gradientRow(f32x4.sub(a, c), f32x4.sub(b, d), target + 8 * step, step);
      gradientRow(f32x4.neg(c), f32x4.neg(d), target + 12 * step, step);
      pixel += VECTOR;
    }
  }
}

/** Adds the sixteen products, over the tiles of a block, of input points and gradient points. */
function addProducts(
  plan: WinogradPlan,
  points: usize,
  gradients: usize,
  tiles: i32,
  panelCount: i32,
  tapTiles: i32,
  sums: usize,
): void {
  const panelBytes = (<usize>BLOCK_TILES) << 5;
  for (let point = 0; point < POINTS; point++) {
    for (let t = 0; t < tapTiles; t++) {
      const taps = points + ((<usize>(t * TILE_TAPS)) << 2);
      for (let panel = 0; panel < panelCount; panel++) {
        addTile(taps, plan.blockOffsets, gradients + <usize>panel * panelBytes, tiles, sums);
        sums += TILE_BYTES;
      }
    }
    points += pointBytes(plan.inChannels);
    gradients += pointBytes(panelCount * PANEL);
  }
}

/** dg = Gt S G for each input channel and four output channels. */
function transformSums(
  plan: WinogradPlan,
  sums: usize,
  panelCount: i32,
  tapTiles: i32,
  dfilter: usize,
): void {
  const channels = plan.outChannels;
  const step = <usize>(tapTiles * panelCount) * TILE_BYTES;
  const tapBytes = (<usize>(plan.inChannels * channels)) << 2;
  for (let c = 0; c < plan.inChannels; c++) {
    const tapTile = c / TILE_TAPS;
    const row = sums + <usize>(tapTile * panelCount) * TILE_BYTES + ((<usize>(c - tapTile * TILE_TAPS)) << 5);
    for (let o = 0; o < channels; o += 4) {
      const source = row + <usize>(o >> 3) * TILE_BYTES + ((<usize>(o & 4)) << 2);
      const target = dfilter + ((<usize>(c * channels + o)) << 2);
      filterColumn(source, step, target, tapBytes, min(4, channels - o));
    }
  }
}

/** From points (i, j) at `step` apart to the nine taps: each axis (s0 + s1/2 + s2/2, s1/2 - s2/2, s1/2 + s2/2 + s3). */
function filterColumn(source: usize, step: usize, target: usize, tapBytes: usize, lanes: i32): void {
  const half = f32x4.splat(0.5);
  for (let j: usize = 0; j < 3; j++) {
    // Column j of S G, for the four rows of S.
    const r0 = combineRow(source, step, j, half);
    const r1 = combineRow(source + 4 * step, step, j, half);
    const r2 = combineRow(source + 8 * step, step, j, half);
    const r3 = combineRow(source + 12 * step, step, j, half);
    const sum = f32x4.mul(f32x4.add(r1, r2), half);
    const at = target + j * tapBytes;
    storeLanes(at, f32x4.add(r0, sum), lanes);
    storeLanes(at + 3 * tapBytes, f32x4.mul(f32x4.sub(r1, r2), half), lanes);
    storeLanes(at + 6 * tapBytes, f32x4.add(sum, r3), lanes);
  }
}

// @inline
function combineRow(row: usize, step: usize, column: usize, half: v128): v128 {
  const s1 = v128.load(row + step);
  const s2 = v128.load(row + 2 * step);
  if (column == 1) return f32x4.mul(f32x4.sub(s1, s2), half);
  const outer = v128.load(column == 0 ? row : row + 3 * step);
  return multiplyAdd(f32x4.add(s1, s2), half, outer);
}
