import { loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';

// @inline
function scale(x: usize, factor: usize, y: usize, pixels: i32, rowBytes: usize, lanes: i32): void {
  const f = loadLanes(factor, lanes);
  for (let i = 0; i < pixels; i++) {
    storeLanes(y, f32x4.mul(loadLanes(x, lanes), f), lanes);
    x += rowBytes;
    y += rowBytes;
  }
}

/** y [images, pixels, channels] = x times factor [images, channels]: the "excite" of squeeze-and-excitation. */
export function scaleChannels(
  x: usize,
  factor: usize,
  y: usize,
  images: i32,
  pixels: i32,
  channels: i32,
): void {
  const rowBytes = (<usize>channels) << 2;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let image = 0; image < images; image++) {
    for (let c: usize = 0; c < whole; c += VECTOR) scale(x + c, factor + c, y + c, pixels, rowBytes, 4);
    if (rest) scale(x + whole, factor + whole, y + whole, pixels, rowBytes, rest);
    x += <usize>pixels * rowBytes;
    y += <usize>pixels * rowBytes;
    factor += rowBytes;
  }
}

// @inline
function backward(
  x: usize,
  factor: usize,
  dy: usize,
  dx: usize,
  dfactor: usize,
  pixels: i32,
  rowBytes: usize,
  lanes: i32,
): void {
  const f = loadLanes(factor, lanes);
  let sum = ZERO;
  for (let i = 0; i < pixels; i++) {
    const gradient = loadLanes(dy, lanes);
    storeLanes(dx, f32x4.mul(gradient, f), lanes);
    sum = multiplyAdd(gradient, loadLanes(x, lanes), sum);
    x += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
  storeLanes(dfactor, sum, lanes);
}

/** dx = dy times factor; dfactor [images, channels] = sum over pixels of dy times x. */
export function scaleChannelsBackward(
  x: usize,
  factor: usize,
  dy: usize,
  dx: usize,
  dfactor: usize,
  images: i32,
  pixels: i32,
  channels: i32,
): void {
  const rowBytes = (<usize>channels) << 2;
  const imageBytes = <usize>pixels * rowBytes;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let image = 0; image < images; image++) {
    for (let c: usize = 0; c < whole; c += VECTOR) {
      backward(x + c, factor + c, dy + c, dx + c, dfactor + c, pixels, rowBytes, 4);
    }
    const c = whole;
    if (rest) backward(x + c, factor + c, dy + c, dx + c, dfactor + c, pixels, rowBytes, rest);
    x += imageBytes;
    dy += imageBytes;
    dx += imageBytes;
    factor += rowBytes;
    dfactor += rowBytes;
  }
}
