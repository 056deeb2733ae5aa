import { loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';

/**
 * One output pixel: y[0…channels) = sum over taps of source pixel times weight, where the taps are `rows` x
 * `columns` with byte steps of their own in the source and in the weights.
 *
 * Sixteen channels at a time: four accumulators hide the latency of the additions, and a cache line is used whole.
 */
export function pixel(
  source: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  channels: i32,
): void {
  let left = channels;
  for (; left >= 16; left -= 16) {
    let a = ZERO;
    let b = ZERO;
    let c = ZERO;
    let d = ZERO;
    let x = source;
    let w = weights;
    for (let i = 0; i < rows; i++) {
      let p = x;
      let q = w;
      for (let j = 0; j < columns; j++) {
        a = multiplyAdd(v128.load(p), v128.load(q), a);
        b = multiplyAdd(v128.load(p, 16), v128.load(q, 16), b);
        c = multiplyAdd(v128.load(p, 32), v128.load(q, 32), c);
        d = multiplyAdd(v128.load(p, 48), v128.load(q, 48), d);
        p += sourceColumn;
        q += weightColumn;
      }
      x += sourceRow;
      w += weightRow;
    }
    v128.store(y, a);
    v128.store(y, b, 16);
    v128.store(y, c, 32);
    v128.store(y, d, 48);
    source += 64;
    weights += 64;
    y += 64;
  }
  if (left > 0) {
    pixelRest(source, sourceRow, sourceColumn, weights, weightRow, weightColumn, rows, columns, y, left);
  }
}

/** The same for the up to fifteen channels that are left, four at a time. */
function pixelRest(
  source: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  channels: i32,
): void {
  for (let left = channels; left > 0; left -= 4) {
    const lanes = min(left, 4);
    let a = ZERO;
    let x = source;
    let w = weights;
    for (let i = 0; i < rows; i++) {
      let p = x;
      let q = w;
      for (let j = 0; j < columns; j++) {
        a = multiplyAdd(loadLanes(p, lanes), loadLanes(q, lanes), a);
        p += sourceColumn;
        q += weightColumn;
      }
      x += sourceRow;
      w += weightRow;
    }
    storeLanes(y, a, lanes);
    source += VECTOR;
    weights += VECTOR;
    y += VECTOR;
  }
}

/** Four pixels whose sources are `sourceStep` and whose outputs are `outStep` bytes apart; each weight is read once. */
// @inline
function fourPixelsColumn(
  source: usize,
  sourceStep: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  outStep: usize,
  lanes: i32,
): void {
  let a = ZERO;
  let b = ZERO;
  let c = ZERO;
  let d = ZERO;
  for (let i = 0; i < rows; i++) {
    let p0 = source;
    let p1 = p0 + sourceStep;
    let p2 = p1 + sourceStep;
    let p3 = p2 + sourceStep;
    let q = weights;
    for (let j = 0; j < columns; j++) {
      const w = loadLanes(q, lanes);
      a = multiplyAdd(loadLanes(p0, lanes), w, a);
      b = multiplyAdd(loadLanes(p1, lanes), w, b);
      c = multiplyAdd(loadLanes(p2, lanes), w, c);
      d = multiplyAdd(loadLanes(p3, lanes), w, d);
      p0 += sourceColumn;
      p1 += sourceColumn;
      p2 += sourceColumn;
      p3 += sourceColumn;
      q += weightColumn;
    }
    source += sourceRow;
    weights += weightRow;
  }
  storeLanes(y, a, lanes);
  storeLanes(y + outStep, b, lanes);
  storeLanes(y + 2 * outStep, c, lanes);
  storeLanes(y + 3 * outStep, d, lanes);
}

/** Four pixels, all channels; see {@link fourPixelsColumn}. */
export function fourPixels(
  source: usize,
  sourceStep: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  outStep: usize,
  channels: i32,
): void {
  let c: usize = 0;
  const whole = (<usize>channels & ~3) << 2;
  for (; c < whole; c += VECTOR) {
    fourPixelsColumn(
      source + c,
      sourceStep,
      sourceRow,
      sourceColumn,
      weights + c,
      weightRow,
      weightColumn,
      rows,
      columns,
      y + c,
      outStep,
      4,
    );
  }
  const rest = channels & 3;
  if (rest) {
    fourPixelsColumn(
      source + c,
      sourceStep,
      sourceRow,
      sourceColumn,
      weights + c,
      weightRow,
      weightColumn,
      rows,
      columns,
      y + c,
      outStep,
      rest,
    );
  }
}
