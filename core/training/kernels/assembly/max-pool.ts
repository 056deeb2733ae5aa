import { loadLanes, storeLanes, VECTOR } from './vector';

/** The window of one output row or column, clipped to the image: [begin, end) of `size`. */
// @inline
export function windowBegin(out: i32, stride: i32, padding: i32): i32 {
  return max(0, out * stride - padding);
}

// @inline
export function windowEnd(out: i32, stride: i32, padding: i32, kernel: i32, size: i32): i32 {
  return min(size, out * stride - padding + kernel);
}

// @inline
function largest(
  x: usize,
  y: usize,
  rows: i32,
  columns: i32,
  imageRowBytes: usize,
  pixelBytes: usize,
  lanes: i32,
): void {
  let best = loadLanes(x, lanes);
  for (let h = 0; h < rows; h++) {
    let p = x;
    for (let w = 0; w < columns; w++) {
      best = f32x4.max(best, loadLanes(p, lanes));
      p += pixelBytes;
    }
    x += imageRowBytes;
  }
  storeLanes(y, best, lanes);
}

/** The common window, 2 x 2 and whole, over `bytes` of channels. */
// @inline
function largestOfFour(x: usize, y: usize, bytes: usize, imageRowBytes: usize, pixelBytes: usize): void {
  const below = x + imageRowBytes;
  for (let c: usize = 0; c < bytes; c += VECTOR) {
    const upper = f32x4.max(v128.load(x + c), v128.load(x + pixelBytes + c));
    const lower = f32x4.max(v128.load(below + c), v128.load(below + pixelBytes + c));
    v128.store(y + c, f32x4.max(upper, lower));
  }
}

/** y [images, outHeight, outWidth, channels] = largest x in each window; what lies outside the image never wins. */
export function maxPool(
  x: usize,
  y: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>width * pixelBytes;
  const whole = (<usize>channels & ~3) << 2;
  const rest = channels & 3;
  for (let image = 0; image < images; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = windowBegin(oh, stride, padding);
      const rows = windowEnd(oh, stride, padding, kernelHeight, height) - top;
      for (let ow = 0; ow < outWidth; ow++) {
        const left = windowBegin(ow, stride, padding);
        const columns = windowEnd(ow, stride, padding, kernelWidth, width) - left;
        const source = x + <usize>top * rowBytes + <usize>left * pixelBytes;
        if (rows == 2 && columns == 2) {
          largestOfFour(source, y, whole, rowBytes, pixelBytes);
        } else {
          for (let c: usize = 0; c < whole; c += VECTOR) {
            largest(source + c, y + c, rows, columns, rowBytes, pixelBytes, 4);
          }
        }
        if (rest) largest(source + whole, y + whole, rows, columns, rowBytes, pixelBytes, rest);
        y += pixelBytes;
      }
    }
    x += <usize>height * rowBytes;
  }
}
