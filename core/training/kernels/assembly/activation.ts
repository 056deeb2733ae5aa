import { exp, loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';

/** Codes of the activations, in the order of the backend contract's `Activation` type. */
export const LINEAR: i32 = 0;
export const RELU: i32 = 1;
export const SILU: i32 = 2;
export const HARD_SWISH: i32 = 3;
export const SIGMOID: i32 = 4;
export const HARD_SIGMOID: i32 = 5;

// @inline
function sigmoid(z: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp(f32x4.neg(z))));
}

/** clamp(z / 6 + 1/2, 0, 1), as PyTorch's `hardsigmoid`. */
// @inline
function hardSigmoid(z: v128): v128 {
  const line = multiplyAdd(z, f32x4.splat(1 / 6.0), f32x4.splat(0.5));
  return f32x4.max(ZERO, f32x4.min(f32x4.splat(1), line));
}

/** act(z). Give `act` as a constant: the branches then vanish. */
// @inline
export function activate(z: v128, act: i32): v128 {
  if (act == RELU) return f32x4.max(z, ZERO);
  if (act == SILU) return f32x4.mul(z, sigmoid(z));
  if (act == HARD_SWISH) return f32x4.mul(z, hardSigmoid(z));
  if (act == SIGMOID) return sigmoid(z);
  if (act == HARD_SIGMOID) return hardSigmoid(z);
  return z;
}

/** gradient * act'(z), with z the value before the activation. Give `act` as a constant. */
// @inline
export function activationGradient(z: v128, gradient: v128, act: i32): v128 {
  if (act == RELU) return v128.and(f32x4.gt(z, ZERO), gradient);
  if (act == SILU) {
    const s = sigmoid(z);
    const slope = multiplyAdd(z, f32x4.sub(f32x4.splat(1), s), f32x4.splat(1));
    return f32x4.mul(gradient, f32x4.mul(s, slope));
  }
  if (act == HARD_SWISH) {
    const slope = multiplyAdd(z, f32x4.splat(1 / 3.0), f32x4.splat(0.5));
    // PyTorch counts both knees as inside.
    const inside = v128.and(f32x4.ge(z, f32x4.splat(-3)), f32x4.mul(gradient, slope));
    return v128.bitselect(gradient, inside, f32x4.gt(z, f32x4.splat(3)));
  }
  if (act == SIGMOID) {
    const s = sigmoid(z);
    return f32x4.mul(gradient, f32x4.mul(s, f32x4.sub(f32x4.splat(1), s)));
  }
  if (act == HARD_SIGMOID) {
    const inside = v128.and(f32x4.gt(z, f32x4.splat(-3)), f32x4.lt(z, f32x4.splat(3)));
    return v128.and(inside, f32x4.mul(gradient, f32x4.splat(1 / 6.0)));
  }
  return gradient;
}

// @inline
function forward(x: usize, y: usize, count: i32, act: i32): void {
  const whole = (<usize>count & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += VECTOR) v128.store(y + i, activate(v128.load(x + i), act));
  const rest = count & 3;
  if (rest) storeLanes(y + i, activate(loadLanes(x + i, rest), act), rest);
}

/** y = act(x) over `count` floats. */
export function activationForward(x: usize, y: usize, count: i32, act: i32): void {
  if (act == RELU) forward(x, y, count, RELU);
  else if (act == SILU) forward(x, y, count, SILU);
  else if (act == HARD_SWISH) forward(x, y, count, HARD_SWISH);
  else if (act == SIGMOID) forward(x, y, count, SIGMOID);
  else if (act == HARD_SIGMOID) forward(x, y, count, HARD_SIGMOID);
  else memory.copy(y, x, (<usize>count) << 2);
}

// @inline
function backward(x: usize, dy: usize, dx: usize, count: i32, act: i32): void {
  const whole = (<usize>count & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += VECTOR) {
    v128.store(dx + i, activationGradient(v128.load(x + i), v128.load(dy + i), act));
  }
  const rest = count & 3;
  if (rest) {
    storeLanes(dx + i, activationGradient(loadLanes(x + i, rest), loadLanes(dy + i, rest), act), rest);
  }
}

/** dx = dy * act'(x) over `count` floats. */
export function activationBackward(x: usize, dy: usize, dx: usize, count: i32, act: i32): void {
  if (act == RELU) backward(x, dy, dx, count, RELU);
  else if (act == SILU) backward(x, dy, dx, count, SILU);
  else if (act == HARD_SWISH) backward(x, dy, dx, count, HARD_SWISH);
  else if (act == SIGMOID) backward(x, dy, dx, count, SIGMOID);
  else if (act == HARD_SIGMOID) backward(x, dy, dx, count, HARD_SIGMOID);
  else memory.copy(dx, dy, (<usize>count) << 2);
}
