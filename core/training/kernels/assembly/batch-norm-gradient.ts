import { activationGradient, HARD_SIGMOID, HARD_SWISH, LINEAR, RELU, SIGMOID, SILU } from './activation';
import { loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';

/** As in `batch-norm.ts`. */
const BLOCK_ROWS: i32 = 64;

/** dz = dy * act'(z) of one vector; z is worked out from x as the forward pass did. */
// @inline
function gradientAt(
  x: v128,
  dy: v128,
  residual: usize,
  scale: v128,
  shift: v128,
  act: i32,
  lanes: i32,
): v128 {
  if (act == LINEAR) return dy;
  let z = multiplyAdd(x, scale, shift);
  if (residual) z = f32x4.add(z, loadLanes(residual, lanes));
  return activationGradient(z, dy, act);
}

// @inline
function sumRows(
  x: usize,
  dy: usize,
  residual: usize,
  rows: i32,
  rowBytes: usize,
  statistics: usize,
  dweight: usize,
  dbias: usize,
  act: i32,
  lanes: i32,
): void {
  const mean = loadLanes(statistics, lanes);
  const scale = loadLanes(statistics + 2 * rowBytes, lanes);
  const shift = loadLanes(statistics + 3 * rowBytes, lanes);
  let sum = ZERO;
  let product = ZERO;
  for (; rows; rows--) {
    const value = loadLanes(x, lanes);
    const dz = gradientAt(value, loadLanes(dy, lanes), residual, scale, shift, act, lanes);
    sum = f32x4.add(sum, dz);
    product = multiplyAdd(dz, f32x4.sub(value, mean), product);
    x += rowBytes;
    dy += rowBytes;
    if (residual) residual += rowBytes;
  }
  const inverseStd = loadLanes(statistics + rowBytes, lanes);
  storeLanes(dbias, f32x4.add(loadLanes(dbias, lanes), sum), lanes);
  storeLanes(dweight, multiplyAdd(product, inverseStd, loadLanes(dweight, lanes)), lanes);
}

// @inline
function sumColumn(
  x: usize,
  dy: usize,
  residual: usize,
  rows: i32,
  rowBytes: usize,
  statistics: usize,
  dweight: usize,
  dbias: usize,
  act: i32,
  lanes: i32,
): void {
  if (act == LINEAR) sumRows(x, dy, residual, rows, rowBytes, statistics, dweight, dbias, LINEAR, lanes);
  else if (act == RELU) sumRows(x, dy, residual, rows, rowBytes, statistics, dweight, dbias, RELU, lanes);
  else if (act == SILU) sumRows(x, dy, residual, rows, rowBytes, statistics, dweight, dbias, SILU, lanes);
  else if (act == HARD_SWISH)
    sumRows(x, dy, residual, rows, rowBytes, statistics, dweight, dbias, HARD_SWISH, lanes);
  else if (act == SIGMOID)
    sumRows(x, dy, residual, rows, rowBytes, statistics, dweight, dbias, SIGMOID, lanes);
  else sumRows(x, dy, residual, rows, rowBytes, statistics, dweight, dbias, HARD_SIGMOID, lanes);
}

/** First pass: dbias = sum of dz, dweight = sum of dz * (x - mean) / std, both [channels]. */
export function batchNormBackwardSums(
  x: usize,
  dy: usize,
  residual: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  act: i32,
  dweight: usize,
  dbias: usize,
): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  memory.fill(dweight, 0, rowBytes);
  memory.fill(dbias, 0, rowBytes);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, rows - first);
    const at = <usize>first * rowBytes;
    let c: usize = 0;
    for (; c < whole; c += VECTOR) {
      const added = residual ? residual + at + c : 0;
      sumColumn(
        x + at + c,
        dy + at + c,
        added,
        count,
        rowBytes,
        statistics + c,
        dweight + c,
        dbias + c,
        act,
        4,
      );
    }
    const added = residual ? residual + at + c : 0;
    if (rest) {
      sumColumn(
        x + at + c,
        dy + at + c,
        added,
        count,
        rowBytes,
        statistics + c,
        dweight + c,
        dbias + c,
        act,
        rest,
      );
    }
  }
}

// @inline
function applyRows(
  x: usize,
  dy: usize,
  residual: usize,
  dx: usize,
  dresidual: usize,
  rows: i32,
  rowBytes: usize,
  statistics: usize,
  coefficients: usize,
  act: i32,
  lanes: i32,
): void {
  const scale = loadLanes(statistics + 2 * rowBytes, lanes);
  const shift = loadLanes(statistics + 3 * rowBytes, lanes);
  const slope = loadLanes(coefficients, lanes);
  const offset = loadLanes(coefficients + rowBytes, lanes);
  for (; rows; rows--) {
    const value = loadLanes(x, lanes);
    const dz = gradientAt(value, loadLanes(dy, lanes), residual, scale, shift, act, lanes);
    storeLanes(dx, multiplyAdd(dz, scale, multiplyAdd(value, slope, offset)), lanes);
    if (dresidual) {
      storeLanes(dresidual, dz, lanes);
      dresidual += rowBytes;
    }
    if (residual) residual += rowBytes;
    x += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
}

// @inline
function applyColumn(
  x: usize,
  dy: usize,
  residual: usize,
  dx: usize,
  dresidual: usize,
  rows: i32,
  rowBytes: usize,
  statistics: usize,
  coefficients: usize,
  act: i32,
  lanes: i32,
): void {
  const s = statistics;
  const k = coefficients;
  if (act == LINEAR) applyRows(x, dy, residual, dx, dresidual, rows, rowBytes, s, k, LINEAR, lanes);
  else if (act == RELU) applyRows(x, dy, residual, dx, dresidual, rows, rowBytes, s, k, RELU, lanes);
  else if (act == SILU) applyRows(x, dy, residual, dx, dresidual, rows, rowBytes, s, k, SILU, lanes);
  else if (act == HARD_SWISH)
    applyRows(x, dy, residual, dx, dresidual, rows, rowBytes, s, k, HARD_SWISH, lanes);
  else if (act == SIGMOID) applyRows(x, dy, residual, dx, dresidual, rows, rowBytes, s, k, SIGMOID, lanes);
  else applyRows(x, dy, residual, dx, dresidual, rows, rowBytes, s, k, HARD_SIGMOID, lanes);
}

/**
 * Second pass: dx, and dresidual = dz where `dresidual` is not 0.
 *
 * Training: dx = scale * (dz - dbias / rows - xhat * dweight / rows), as scale * dz + slope * x + offset with
 * slope and offset by channel in `coefficients`, scratch of [2][channels]. With running statistics the batch does
 * not act on them, so dx = scale * dz.
 */
export function batchNormBackwardApply(
  x: usize,
  dy: usize,
  residual: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  act: i32,
  dweight: usize,
  dbias: usize,
  training: i32,
  dx: usize,
  dresidual: usize,
  coefficients: usize,
): void {
  const rowBytes = (<usize>channels) << 2;
  writeCoefficients(rows, rowBytes, statistics, dweight, dbias, training, coefficients);
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  const s = statistics;
  const k = coefficients;
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, rows - first);
    let at = <usize>first * rowBytes;
    for (let c: usize = 0; c < whole; c += VECTOR) {
      const added = residual ? residual + at : 0;
      const dadded = dresidual ? dresidual + at : 0;
      applyColumn(x + at, dy + at, added, dx + at, dadded, count, rowBytes, s + c, k + c, act, 4);
      at += VECTOR;
    }
    if (rest) {
      const added = residual ? residual + at : 0;
      const dadded = dresidual ? dresidual + at : 0;
      applyColumn(x + at, dy + at, added, dx + at, dadded, count, rowBytes, s + whole, k + whole, act, rest);
    }
  }
}

function writeCoefficients(
  rows: i32,
  rowBytes: usize,
  statistics: usize,
  dweight: usize,
  dbias: usize,
  training: i32,
  coefficients: usize,
): void {
  if (!training) {
    memory.fill(coefficients, 0, 2 * rowBytes);
    return;
  }
  const inverse: f32 = 1 / <f32>rows;
  for (let c: usize = 0; c < rowBytes; c += 4) {
    const mean = load<f32>(statistics + c);
    const inverseStd = load<f32>(statistics + rowBytes + c);
    const scale = load<f32>(statistics + 2 * rowBytes + c);
    const slope = -scale * inverseStd * load<f32>(dweight + c) * inverse;
    store<f32>(coefficients + c, slope);
    store<f32>(coefficients + rowBytes + c, -scale * load<f32>(dbias + c) * inverse - slope * mean);
  }
}
