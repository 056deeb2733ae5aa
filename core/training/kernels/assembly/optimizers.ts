import { loadLanes, multiplyAdd, storeLanes, VECTOR } from './vector';

/**
 * Optimizer steps in place over `count` floats, in the order of operations of PyTorch's `torch.optim`
 * (single-tensor forms). Each is one vector's step, run over whole vectors and then over the rest.
 */

// @inline
function adamVector(
  parameter: usize,
  gradient: usize,
  average: usize,
  squareAverage: usize,
  lr: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  correction1: f32,
  rootCorrection2: f32,
  weightDecay: f32,
  decoupled: i32,
  lanes: i32,
): void {
  let p = loadLanes(parameter, lanes);
  let g = loadLanes(gradient, lanes);
  if (weightDecay != 0) {
    if (decoupled) p = f32x4.mul(p, f32x4.splat(1 - lr * weightDecay));
    else g = multiplyAdd(p, f32x4.splat(weightDecay), g);
  }
  const m = multiplyAdd(loadLanes(average, lanes), f32x4.splat(beta1), f32x4.mul(g, f32x4.splat(1 - beta1)));
  const squared = f32x4.mul(f32x4.mul(g, g), f32x4.splat(1 - beta2));
  const v = multiplyAdd(loadLanes(squareAverage, lanes), f32x4.splat(beta2), squared);
  storeLanes(average, m, lanes);
  storeLanes(squareAverage, v, lanes);
  const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v), f32x4.splat(rootCorrection2)), f32x4.splat(eps));
  storeLanes(parameter, multiplyAdd(f32x4.splat(-lr / correction1), f32x4.div(m, denominator), p), lanes);
}

/**
 * Adam, and AdamW where `decoupled`. `correction1` is 1 - beta1^step, `rootCorrection2` the square root of
 * 1 - beta2^step.
 */
export function adam(
  parameter: usize,
  gradient: usize,
  average: usize,
  squareAverage: usize,
  count: i32,
  lr: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  correction1: f32,
  rootCorrection2: f32,
  weightDecay: f32,
  decoupled: i32,
): void {
  const whole = (<usize>count & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += VECTOR) {
    adamVector(
      parameter + i,
      gradient + i,
      average + i,
      squareAverage + i,
      lr,
      beta1,
      beta2,
      eps,
      correction1,
      rootCorrection2,
      weightDecay,
      decoupled,
      4,
    );
  }
  const rest = count & 3;
  if (rest) {
    adamVector(
      parameter + i,
      gradient + i,
      average + i,
      squareAverage + i,
      lr,
      beta1,
      beta2,
      eps,
      correction1,
      rootCorrection2,
      weightDecay,
      decoupled,
      rest,
    );
  }
}

// @inline
function sgdVector(
  parameter: usize,
  gradient: usize,
  buffer: usize,
  lr: f32,
  momentum: f32,
  weightDecay: f32,
  nesterov: i32,
  lanes: i32,
): void {
  const p = loadLanes(parameter, lanes);
  let g = multiplyAdd(p, f32x4.splat(weightDecay), loadLanes(gradient, lanes));
  if (momentum != 0) {
    const b = multiplyAdd(loadLanes(buffer, lanes), f32x4.splat(momentum), g);
    storeLanes(buffer, b, lanes);
    g = nesterov ? multiplyAdd(b, f32x4.splat(momentum), g) : b;
  }
  storeLanes(parameter, multiplyAdd(f32x4.splat(-lr), g, p), lanes);
}

/** SGD without dampening; `buffer` starts at 0 and is not touched where `momentum` is 0. */
export function sgd(
  parameter: usize,
  gradient: usize,
  buffer: usize,
  count: i32,
  lr: f32,
  momentum: f32,
  weightDecay: f32,
  nesterov: i32,
): void {
  const whole = (<usize>count & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += VECTOR) {
    sgdVector(parameter + i, gradient + i, buffer + i, lr, momentum, weightDecay, nesterov, 4);
  }
  const rest = count & 3;
  if (rest) sgdVector(parameter + i, gradient + i, buffer + i, lr, momentum, weightDecay, nesterov, rest);
}

// @inline
function rmspropVector(
  parameter: usize,
  gradient: usize,
  squareAverage: usize,
  buffer: usize,
  lr: f32,
  alpha: f32,
  eps: f32,
  momentum: f32,
  weightDecay: f32,
  lanes: i32,
): void {
  const p = loadLanes(parameter, lanes);
  const g = multiplyAdd(p, f32x4.splat(weightDecay), loadLanes(gradient, lanes));
  const squared = f32x4.mul(f32x4.mul(g, g), f32x4.splat(1 - alpha));
  const v = multiplyAdd(loadLanes(squareAverage, lanes), f32x4.splat(alpha), squared);
  storeLanes(squareAverage, v, lanes);
  let step = f32x4.div(g, f32x4.add(f32x4.sqrt(v), f32x4.splat(eps)));
  if (momentum != 0) {
    step = multiplyAdd(loadLanes(buffer, lanes), f32x4.splat(momentum), step);
    storeLanes(buffer, step, lanes);
  }
  storeLanes(parameter, multiplyAdd(f32x4.splat(-lr), step, p), lanes);
}

/** RMSprop with eps outside the root; `buffer` starts at 0 and is not touched where `momentum` is 0. */
export function rmsprop(
  parameter: usize,
  gradient: usize,
  squareAverage: usize,
  buffer: usize,
  count: i32,
  lr: f32,
  alpha: f32,
  eps: f32,
  momentum: f32,
  weightDecay: f32,
): void {
  const whole = (<usize>count & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += VECTOR) {
    rmspropVector(
      parameter + i,
      gradient + i,
      squareAverage + i,
      buffer + i,
      lr,
      alpha,
      eps,
      momentum,
      weightDecay,
      4,
    );
  }
  const rest = count & 3;
  if (rest) {
    rmspropVector(
      parameter + i,
      gradient + i,
      squareAverage + i,
      buffer + i,
      lr,
      alpha,
      eps,
      momentum,
      weightDecay,
      rest,
    );
  }
}
