import { loadLanes, storeLanes, VECTOR, ZERO } from './vector';

// @inline
function average(x: usize, y: usize, pixels: i32, rowBytes: usize, lanes: i32): void {
  let sum = ZERO;
  for (let i = 0; i < pixels; i++) {
    sum = f32x4.add(sum, loadLanes(x, lanes));
    x += rowBytes;
  }
  storeLanes(y, f32x4.div(sum, f32x4.splat(<f32>pixels)), lanes);
}

/** y [images, channels] = mean over the pixels of x [images, pixels, channels]. */
export function globalAvgPool(x: usize, y: usize, images: i32, pixels: i32, channels: i32): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let image = 0; image < images; image++) {
    for (let c: usize = 0; c < whole; c += VECTOR) average(x + c, y + c, pixels, rowBytes, 4);
    if (rest) average(x + whole, y + whole, pixels, rowBytes, rest);
    x += <usize>pixels * rowBytes;
    y += rowBytes;
  }
}

// @inline
function spread(dy: usize, dx: usize, pixels: i32, rowBytes: usize, lanes: i32): void {
  const share = f32x4.div(loadLanes(dy, lanes), f32x4.splat(<f32>pixels));
  for (let i = 0; i < pixels; i++) {
    storeLanes(dx, share, lanes);
    dx += rowBytes;
  }
}

/** dx [images, pixels, channels] = dy [images, channels] / pixels at every pixel. */
export function globalAvgPoolBackward(dy: usize, dx: usize, images: i32, pixels: i32, channels: i32): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let image = 0; image < images; image++) {
    for (let c: usize = 0; c < whole; c += VECTOR) spread(dy + c, dx + c, pixels, rowBytes, 4);
    if (rest) spread(dy + whole, dx + whole, pixels, rowBytes, rest);
    dx += <usize>pixels * rowBytes;
    dy += rowBytes;
  }
}
