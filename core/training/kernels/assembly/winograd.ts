import { paddedBytes, padImages } from './convolution-plan';
import { PANEL, TILE_PIXELS, tile } from './tile';
import { storeLanes, VECTOR, ZERO } from './vector';
import { transformInput } from './winograd-input';
import { BLOCK_TILES, POINTS, pointBytes, tileInside, WinogradPlan } from './winograd-plan';

/** One row of G g Gt: (x, (x + y + z) / 2, (x - y + z) / 2, z). */
// @inline
function weightRow(x: v128, y: v128, z: v128, target: usize, step: usize): void {
  const half = f32x4.splat(0.5);
  const outer = f32x4.mul(f32x4.add(x, z), half);
  const middle = f32x4.mul(y, half);
  v128.store(target, x);
  v128.store(target + step, f32x4.add(outer, middle));
  v128.store(target + 2 * step, f32x4.sub(outer, middle));
  v128.store(target + 3 * step, z);
}

/**
 * Weights U = G g Gt, [16][panels][channels][8], from 3x3 taps packed by `packPanels` or
 * `packInputGradientPanels`, [panels][9][channels][8].
 */
export function winogradWeights(panels: usize, panelCount: i32, channels: i32, points: usize): void {
  const tap = (<usize>channels) << 5;
  const step = <usize>panelCount * tap;
  const half = f32x4.splat(0.5);
  for (let panel = 0; panel < panelCount; panel++) {
    for (let at: usize = 0; at < tap; at += VECTOR) {
      const g = panels + at;
      const u = points + at;
      const a0 = v128.load(g);
      const a1 = v128.load(g + tap);
      const a2 = v128.load(g + 2 * tap);
      const c0 = v128.load(g + 6 * tap);
      const c1 = v128.load(g + 7 * tap);
      const c2 = v128.load(g + 8 * tap);
      weightRow(a0, a1, a2, u, step);
      weightRow(c0, c1, c2, u + 12 * step, step);
      const outer0 = f32x4.mul(f32x4.add(a0, c0), half);
      const outer1 = f32x4.mul(f32x4.add(a1, c1), half);
      const outer2 = f32x4.mul(f32x4.add(a2, c2), half);
      const b0 = f32x4.mul(v128.load(g + 3 * tap), half);
      const b1 = f32x4.mul(v128.load(g + 4 * tap), half);
      const b2 = f32x4.mul(v128.load(g + 5 * tap), half);
      weightRow(f32x4.add(outer0, b0), f32x4.add(outer1, b1), f32x4.add(outer2, b2), u + 4 * step, step);
      weightRow(f32x4.sub(outer0, b0), f32x4.sub(outer1, b1), f32x4.sub(outer2, b2), u + 8 * step, step);
    }
    panels += 9 * tap;
    points += tap;
  }
}

/**
 * y = 3x3 convolution of x with weights in Winograd's form, plus bias (padded to whole panels, or 0), clamped below
 * at 0 if `relu`. Scratch layout: V, the products M [16][48 tiles][panels of out], the framed group.
 */
export function winogradConvolve(
  plan: WinogradPlan,
  x: usize,
  weights: usize,
  bias: usize,
  relu: i32,
  y: usize,
  images: i32,
  scratch: usize,
): void {
  const panelCount = (plan.outChannels + PANEL - 1) / PANEL;
  const products = scratch + <usize>POINTS * pointBytes(plan.inChannels);
  const group = products + <usize>POINTS * pointBytes(panelCount * PANEL);
  memory.fill(group, 0, paddedBytes(plan));
  for (let first = 0; first < images; first += plan.groupImages) {
    const count = min(plan.groupImages, images - first);
    padImages(plan, x + <usize>first * <usize>plan.inImageBytes, count, group);
    const target = y + <usize>first * <usize>plan.outImageBytes;
    const tiles = count * plan.imagePixels;
    for (let block = 0; block < tiles; block += BLOCK_TILES) {
      const blockTiles = min(BLOCK_TILES, tiles - block);
      transformInput(plan, group, block, blockTiles, scratch);
      multiply(scratch, weights, products, plan.inChannels, panelCount, blockTiles);
      transformOutput(plan, products, panelCount, bias, relu, target, block, blockTiles);
    }
  }
}

/** The sixteen matrix products of a block. Rows behind the last tile are computed too, and never read. */
function multiply(
  points: usize,
  weights: usize,
  products: usize,
  channels: i32,
  panelCount: i32,
  tiles: i32,
): void {
  const rowBytes = (<usize>channels) << 2;
  const productBytes = (<usize>panelCount) << 5;
  const panelBytes = (<usize>channels) << 5;
  for (let point = 0; point < POINTS; point++) {
    for (let panel = 0; panel < panelCount; panel++) {
      let a = points;
      let m = products + ((<usize>panel) << 5);
      for (let t = 0; t < tiles; t += TILE_PIXELS) {
        tile(
          a,
          a + rowBytes,
          a + 2 * rowBytes,
          a + 3 * rowBytes,
          a + 4 * rowBytes,
          a + 5 * rowBytes,
          1,
          channels,
          0,
          weights,
          0,
          0,
          m,
          m + productBytes,
          m + 2 * productBytes,
          m + 3 * productBytes,
          m + 4 * productBytes,
          m + 5 * productBytes,
          PANEL,
        );
        a += 6 * rowBytes;
        m += 6 * productBytes;
      }
      weights += panelBytes;
    }
    points += pointBytes(channels);
    products += pointBytes(panelCount * PANEL);
  }
}

/** y = At M A + bias, for the pixels of each tile that are inside. */
function transformOutput(
  plan: WinogradPlan,
  products: usize,
  panelCount: i32,
  bias: usize,
  relu: i32,
  target: usize,
  first: i32,
  count: i32,
): void {
  const channels = plan.outChannels;
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>plan.outWidth * pixelBytes;
  const step = pointBytes(panelCount * PANEL);
  for (let i = 0; i < count; i++) {
    const inside = tileInside(plan, first + i);
    let pixel = target + load<u32>(plan.outputOffsets + ((<usize>(first + i)) << 2));
    let m = products;
    let b = bias;
    for (let left = channels; left > 0; left -= 4) {
      const offset = bias ? v128.load(b) : ZERO;
      outputColumn(m, step, offset, relu, pixel, pixelBytes, rowBytes, inside, min(left, 4));
      m += VECTOR;
      b += VECTOR;
      pixel += VECTOR;
    }
    products += (<usize>panelCount) << 5;
  }
}

// @inline
function outputColumn(
  m: usize,
  step: usize,
  bias: v128,
  relu: i32,
  pixel: usize,
  pixelBytes: usize,
  rowBytes: usize,
  inside: i32,
  lanes: i32,
): void {
  // Column sums of the upper output row (rows 0 to 2) and of the lower one (rows 1 to 3).
  let middle = v128.load(m + 4 * step);
  let other = v128.load(m + 8 * step);
  const u0 = f32x4.add(v128.load(m), f32x4.add(middle, other));
  const l0 = f32x4.sub(f32x4.sub(middle, other), v128.load(m + 12 * step));
  middle = v128.load(m + 5 * step);
  other = v128.load(m + 9 * step);
  const u1 = f32x4.add(v128.load(m + step), f32x4.add(middle, other));
  const l1 = f32x4.sub(f32x4.sub(middle, other), v128.load(m + 13 * step));
  middle = v128.load(m + 6 * step);
  other = v128.load(m + 10 * step);
  const u2 = f32x4.add(v128.load(m + 2 * step), f32x4.add(middle, other));
  const l2 = f32x4.sub(f32x4.sub(middle, other), v128.load(m + 14 * step));
  middle = v128.load(m + 7 * step);
  other = v128.load(m + 11 * step);
  const u3 = f32x4.add(v128.load(m + 3 * step), f32x4.add(middle, other));
  const l3 = f32x4.sub(f32x4.sub(middle, other), v128.load(m + 15 * step));
  const below = pixel + rowBytes;
  storePixel(pixel, f32x4.add(f32x4.add(u0, bias), f32x4.add(u1, u2)), relu, lanes);
  if (inside & 1) {
    storePixel(pixel + pixelBytes, f32x4.add(f32x4.sub(u1, u2), f32x4.sub(bias, u3)), relu, lanes);
  }
  if (inside & 2) storePixel(below, f32x4.add(f32x4.add(l0, bias), f32x4.add(l1, l2)), relu, lanes);
  if (inside == 3) {
    storePixel(below + pixelBytes, f32x4.add(f32x4.sub(l1, l2), f32x4.sub(bias, l3)), relu, lanes);
  }
}

// @inline
function storePixel(pixel: usize, value: v128, relu: i32, lanes: i32): void {
  storeLanes(pixel, relu ? f32x4.max(value, ZERO) : value, lanes);
}
