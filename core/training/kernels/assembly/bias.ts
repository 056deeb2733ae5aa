import { loadLanes, storeLanes, VECTOR, ZERO } from './vector';

/** Rows summed in registers before they are added to the total: fast, and keeps rounding errors small. */
const BLOCK_ROWS: i32 = 64;

// @inline
function addRows(
  dy: usize,
  y: usize,
  dz: usize,
  rows: i32,
  rowBytes: usize,
  sum: usize,
  relu: i32,
  lanes: i32,
): void {
  let even = ZERO;
  let odd = ZERO;
  for (let row = 0; row < rows; row++) {
    let value = loadLanes(dy, lanes);
    if (relu) {
      value = v128.and(value, f32x4.gt(loadLanes(y, lanes), ZERO));
      storeLanes(dz, value, lanes);
      y += rowBytes;
      dz += rowBytes;
    }
    dy += rowBytes;
    const next = f32x4.add(even, value);
    even = odd;
    odd = next;
  }
  storeLanes(sum, f32x4.add(loadLanes(sum, lanes), f32x4.add(even, odd)), lanes);
}

// @inline
function addAllRows(dy: usize, y: usize, dz: usize, rows: i32, channels: i32, sum: usize, relu: i32): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  memory.fill(sum, 0, rowBytes);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, rows - first);
    const at = <usize>first * rowBytes;
    for (let c: usize = 0; c < whole; c += VECTOR) {
      addRows(dy + at + c, y + at + c, dz + at + c, count, rowBytes, sum + c, relu, 4);
    }
    if (rest)
      addRows(dy + at + whole, y + at + whole, dz + at + whole, count, rowBytes, sum + whole, relu, rest);
  }
}

/** dbias [channels] = column sums of dy [rows, channels]. */
export function biasGradient(dy: usize, rows: i32, channels: i32, dbias: usize): void {
  addAllRows(dy, 0, 0, rows, channels, dbias, 0);
}

/** dz = dy where the activated output y is positive, else 0; dbias [channels] = column sums of dz. */
export function reluBiasBackward(
  dy: usize,
  y: usize,
  dz: usize,
  rows: i32,
  channels: i32,
  dbias: usize,
): void {
  addAllRows(dy, y, dz, rows, channels, dbias, 1);
}
