import { multiplyAdd, storeLanes, ZERO } from './vector';

/**
 * The multiply-add core of every convolution and matrix product: 6 pixels times 8 output channels.
 *
 * Why 6 x 8: x64 has 16 vector registers. 12 hold the tile, 2 a row of the panel, 1 the broadcast pixel, and the
 * compiler keeps one for itself. Fewer accumulators leave the multiply-add units waiting for each other
 * (latency 4, two units); more, or an unrolled loop, spill to memory and cost a third of the speed.
 */
export const TILE_PIXELS: i32 = 6;

/** Output channels of a panel and of a tile. */
export const PANEL: i32 = 8;

/**
 * One 6 x 8 tile: y_i[0…columns) = sum over k of a_i[k] * panel[k][0…8) + bias, clamped below at 0 if `relu`.
 *
 * k runs over `rows` stretches of `run` contiguous floats, `rowBytes` apart in each a_i, contiguous in the panel.
 * `bias` points at 8 floats or is 0. Pointers may repeat where fewer than 6 pixels are left.
 */
export function tile(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  a4: usize,
  a5: usize,
  rows: i32,
  run: i32,
  rowBytes: usize,
  panel: usize,
  bias: usize,
  relu: i32,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  y4: usize,
  y5: usize,
  columns: i32,
): void {
  let c0 = ZERO;
  let d0 = ZERO;
  if (bias) {
    c0 = v128.load(bias);
    d0 = v128.load(bias, 16);
  }
  let c1 = c0;
  let d1 = d0;
  let c2 = c0;
  let d2 = d0;
  let c3 = c0;
  let d3 = d0;
  let c4 = c0;
  let d4 = d0;
  let c5 = c0;
  let d5 = d0;
  const skip = rowBytes - ((<usize>run) << 2);
  for (; rows; rows--) {
    const end = panel + ((<usize>run) << 5);
    while (panel < end) {
      const p = v128.load(panel);
      const q = v128.load(panel, 16);
      let a = v128.load32_splat(a0);
      c0 = multiplyAdd(a, p, c0);
      d0 = multiplyAdd(a, q, d0);
      a = v128.load32_splat(a1);
      c1 = multiplyAdd(a, p, c1);
      d1 = multiplyAdd(a, q, d1);
      a = v128.load32_splat(a2);
      c2 = multiplyAdd(a, p, c2);
      d2 = multiplyAdd(a, q, d2);
      a = v128.load32_splat(a3);
      c3 = multiplyAdd(a, p, c3);
      d3 = multiplyAdd(a, q, d3);
      a = v128.load32_splat(a4);
      c4 = multiplyAdd(a, p, c4);
      d4 = multiplyAdd(a, q, d4);
      a = v128.load32_splat(a5);
      c5 = multiplyAdd(a, p, c5);
      d5 = multiplyAdd(a, q, d5);
      panel += 32;
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      a5 += 4;
    }
    a0 += skip;
    a1 += skip;
    a2 += skip;
    a3 += skip;
    a4 += skip;
    a5 += skip;
  }
  // From the last pixel to the first: where pointers repeat, all of them hold the same sums.
  storePixel(y5, c5, d5, columns, relu);
  storePixel(y4, c4, d4, columns, relu);
  storePixel(y3, c3, d3, columns, relu);
  storePixel(y2, c2, d2, columns, relu);
  storePixel(y1, c1, d1, columns, relu);
  storePixel(y0, c0, d0, columns, relu);
}

// @inline
function storePixel(y: usize, low: v128, high: v128, columns: i32, relu: i32): void {
  if (relu) {
    low = f32x4.max(low, ZERO);
    high = f32x4.max(high, ZERO);
  }
  if (columns == PANEL) {
    v128.store(y, low);
    v128.store(y, high, 16);
  } else {
    storeColumns(y, low, high, columns);
  }
}

/** Writes the first `columns` (1…7) of the eight floats. */
function storeColumns(y: usize, low: v128, high: v128, columns: i32): void {
  storeLanes(y, low, min(columns, 4));
  if (columns > 4) storeLanes(y + 16, high, columns - 4);
}
