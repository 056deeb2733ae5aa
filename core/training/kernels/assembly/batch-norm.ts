import { activate, HARD_SIGMOID, HARD_SWISH, LINEAR, RELU, SIGMOID, SILU } from './activation';
import { loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';

/**
 * Batch norm over rows [rows, channels], fused with the residual addition and the activation behind it.
 *
 * `statistics` is [4][channels]: mean, 1 / sqrt(variance + eps), and the affine form scale, shift of
 * z = x * scale + shift (+ residual), y = act(z). The backward pass works z out again from x instead of keeping it.
 *
 * Work goes by blocks of rows and, in a block, by columns of four channels: what belongs to a channel stays in
 * registers, the rows of a block stay in the first-level cache, and a sum is first a block's, which keeps rounding
 * errors small over a hundred thousand rows.
 */
const BLOCK_ROWS: i32 = 64;

/** sums[0] += sum of (x - shift), sums[1] += sum of (x - shift)^2 over a block's column. */
// @inline
function momentColumn(x: usize, rows: i32, rowBytes: usize, origin: usize, sums: usize, lanes: i32): void {
  const shift = loadLanes(origin, lanes);
  let first = ZERO;
  let second = ZERO;
  let otherFirst = ZERO;
  let otherSecond = ZERO;
  let row = 0;
  for (; row + 2 <= rows; row += 2) {
    const a = f32x4.sub(loadLanes(x, lanes), shift);
    const b = f32x4.sub(loadLanes(x + rowBytes, lanes), shift);
    first = f32x4.add(first, a);
    second = multiplyAdd(a, a, second);
    otherFirst = f32x4.add(otherFirst, b);
    otherSecond = multiplyAdd(b, b, otherSecond);
    x += 2 * rowBytes;
  }
  if (row < rows) {
    const a = f32x4.sub(loadLanes(x, lanes), shift);
    first = f32x4.add(first, a);
    second = multiplyAdd(a, a, second);
  }
  storeLanes(sums, f32x4.add(loadLanes(sums, lanes), f32x4.add(first, otherFirst)), lanes);
  const squares = sums + rowBytes;
  storeLanes(squares, f32x4.add(loadLanes(squares, lanes), f32x4.add(second, otherSecond)), lanes);
}

/** Rows that the estimate of the mean is taken from. */
const SAMPLED_ROWS: i32 = 16;

/**
 * The mean of a few rows spread over the batch. One row alone would not do: the first one, a corner of the first
 * picture, is often far from all others.
 */
function estimateMean(x: usize, rows: i32, rowBytes: usize, estimate: usize): void {
  const count = min(rows, SAMPLED_ROWS);
  const step = <usize>(rows / count) * rowBytes;
  for (let c: usize = 0; c < rowBytes; c += 4) {
    let sum: f32 = 0;
    for (let i = 0; i < count; i++) sum += load<f32>(x + c + <usize>i * step);
    store<f32>(estimate + c, sum / <f32>count);
  }
}

/**
 * Statistics of a training batch, and the running ones moved towards them (unbiased variance, as in PyTorch).
 *
 * Sums are of x minus an estimate of its mean, which removes the cancellation that a large mean would cause.
 */
export function batchNormBatchStatistics(
  x: usize,
  rows: i32,
  channels: i32,
  weight: usize,
  bias: usize,
  runningMean: usize,
  runningVar: usize,
  momentum: f32,
  eps: f32,
  statistics: usize,
): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  memory.fill(statistics, 0, 2 * rowBytes);
  // The place of the scale is free until the end.
  const estimate = statistics + 2 * rowBytes;
  estimateMean(x, rows, rowBytes, estimate);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, rows - first);
    const block = x + <usize>first * rowBytes;
    for (let c: usize = 0; c < whole; c += VECTOR) {
      momentColumn(block + c, count, rowBytes, estimate + c, statistics + c, 4);
    }
    if (rest) momentColumn(block + whole, count, rowBytes, estimate + whole, statistics + whole, rest);
  }
  const inverse: f32 = 1 / <f32>rows;
  const unbiased: f32 = <f32>rows / <f32>max(1, rows - 1);
  for (let c: usize = 0; c < rowBytes; c += 4) {
    const offset = load<f32>(statistics + c) * inverse;
    const mean = load<f32>(estimate + c) + offset;
    const variance = max<f32>(0, load<f32>(statistics + rowBytes + c) * inverse - offset * offset);
    store<f32>(runningMean + c, (1 - momentum) * load<f32>(runningMean + c) + momentum * mean);
    store<f32>(runningVar + c, (1 - momentum) * load<f32>(runningVar + c) + momentum * variance * unbiased);
    writeStatistics(
      statistics + c,
      rowBytes,
      mean,
      variance,
      eps,
      load<f32>(weight + c),
      load<f32>(bias + c),
    );
  }
}

/** Statistics of evaluation: the running ones. */
export function batchNormRunningStatistics(
  channels: i32,
  weight: usize,
  bias: usize,
  runningMean: usize,
  runningVar: usize,
  eps: f32,
  statistics: usize,
): void {
  const rowBytes = (<usize>channels) << 2;
  for (let c: usize = 0; c < rowBytes; c += 4) {
    const mean = load<f32>(runningMean + c);
    const variance = load<f32>(runningVar + c);
    writeStatistics(
      statistics + c,
      rowBytes,
      mean,
      variance,
      eps,
      load<f32>(weight + c),
      load<f32>(bias + c),
    );
  }
}

// @inline
function writeStatistics(
  at: usize,
  rowBytes: usize,
  mean: f32,
  variance: f32,
  eps: f32,
  weight: f32,
  bias: f32,
): void {
  const inverseStd: f32 = 1 / sqrt<f32>(variance + eps);
  const scale = weight * inverseStd;
  store<f32>(at, mean);
  store<f32>(at + rowBytes, inverseStd);
  store<f32>(at + 2 * rowBytes, scale);
  store<f32>(at + 3 * rowBytes, bias - mean * scale);
}

// @inline
function applyRows(
  x: usize,
  residual: usize,
  y: usize,
  rows: i32,
  rowBytes: usize,
  scale: v128,
  shift: v128,
  act: i32,
  lanes: i32,
): void {
  if (residual) {
    for (; rows; rows--) {
      const z = f32x4.add(multiplyAdd(loadLanes(x, lanes), scale, shift), loadLanes(residual, lanes));
      storeLanes(y, activate(z, act), lanes);
      x += rowBytes;
      y += rowBytes;
      residual += rowBytes;
    }
  } else {
    for (; rows; rows--) {
      storeLanes(y, activate(multiplyAdd(loadLanes(x, lanes), scale, shift), act), lanes);
      x += rowBytes;
      y += rowBytes;
    }
  }
}

// @inline
function applyColumn(
  x: usize,
  residual: usize,
  y: usize,
  rows: i32,
  rowBytes: usize,
  statistics: usize,
  act: i32,
  lanes: i32,
): void {
  const scale = loadLanes(statistics + 2 * rowBytes, lanes);
  const shift = loadLanes(statistics + 3 * rowBytes, lanes);
  if (act == LINEAR) applyRows(x, residual, y, rows, rowBytes, scale, shift, LINEAR, lanes);
  else if (act == RELU) applyRows(x, residual, y, rows, rowBytes, scale, shift, RELU, lanes);
  else if (act == SILU) applyRows(x, residual, y, rows, rowBytes, scale, shift, SILU, lanes);
  else if (act == HARD_SWISH) applyRows(x, residual, y, rows, rowBytes, scale, shift, HARD_SWISH, lanes);
  else if (act == SIGMOID) applyRows(x, residual, y, rows, rowBytes, scale, shift, SIGMOID, lanes);
  else applyRows(x, residual, y, rows, rowBytes, scale, shift, HARD_SIGMOID, lanes);
}

/** y = act(x * scale + shift + residual); `residual` is 0 where there is none. */
export function batchNormApply(
  x: usize,
  residual: usize,
  y: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  act: i32,
): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, rows - first);
    const at = <usize>first * rowBytes;
    let c: usize = 0;
    for (; c < whole; c += VECTOR) {
      const added = residual ? residual + at + c : 0;
      applyColumn(x + at + c, added, y + at + c, count, rowBytes, statistics + c, act, 4);
    }
    const added = residual ? residual + at + c : 0;
    if (rest) applyColumn(x + at + c, added, y + at + c, count, rowBytes, statistics + c, act, rest);
  }
}
