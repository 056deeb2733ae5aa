import { loadLanes, storeLanes, VECTOR } from './vector';

/** The window of one output row or column, clipped to the image: [begin, end) of `size`. */
// @inline
function windowBegin(out: i32, stride: i32, padding: i32): i32 {
  return max(0, out * stride - padding);
}

// @inline
function windowEnd(out: i32, stride: i32, padding: i32, kernel: i32, size: i32): i32 {
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
        for (let c: usize = 0; c < whole; c += VECTOR)
          largest(source + c, y + c, rows, columns, rowBytes, pixelBytes, 4);
        if (rest) largest(source + whole, y + whole, rows, columns, rowBytes, pixelBytes, rest);
        y += pixelBytes;
      }
    }
    x += <usize>height * rowBytes;
  }
}

/** Adds (or, where windows cannot overlap, writes) the gradient at the first pixel that holds the largest value. */
// @inline
function route(
  x: usize,
  y: usize,
  dy: usize,
  dx: usize,
  rows: i32,
  columns: i32,
  imageRowBytes: usize,
  pixelBytes: usize,
  overlap: i32,
  lanes: i32,
): void {
  const best = loadLanes(y, lanes);
  const gradient = loadLanes(dy, lanes);
  let open = i32x4.splat(-1);
  for (let h = 0; h < rows; h++) {
    let at: usize = 0;
    for (let w = 0; w < columns; w++) {
      const winner = v128.and(f32x4.eq(loadLanes(x + at, lanes), best), open);
      open = v128.andnot(open, winner);
      let value = v128.and(winner, gradient);
      if (overlap) value = f32x4.add(loadLanes(dx + at, lanes), value);
      storeLanes(dx + at, value, lanes);
      at += pixelBytes;
    }
    x += imageRowBytes;
    dx += imageRowBytes;
  }
}

/**
 * dx from dy: each window's gradient goes to its first largest pixel in row order, as in PyTorch.
 *
 * y is the forward's output. Pixels in no window get 0.
 */
export function maxPoolBackward(
  x: usize,
  y: usize,
  dy: usize,
  dx: usize,
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
  const overlap = max(kernelHeight, kernelWidth) > stride;
  const covered =
    kernelHeight == stride &&
    kernelWidth == stride &&
    outHeight * stride >= height + padding &&
    outWidth * stride >= width + padding;
  if (!covered) memory.fill(dx, 0, <usize>images * <usize>height * rowBytes);
  for (let image = 0; image < images; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = windowBegin(oh, stride, padding);
      const rows = windowEnd(oh, stride, padding, kernelHeight, height) - top;
      for (let ow = 0; ow < outWidth; ow++) {
        const left = windowBegin(ow, stride, padding);
        const columns = windowEnd(ow, stride, padding, kernelWidth, width) - left;
        const at = <usize>top * rowBytes + <usize>left * pixelBytes;
        let c: usize = 0;
        if (overlap) {
          for (; c < whole; c += VECTOR) {
            route(x + at + c, y + c, dy + c, dx + at + c, rows, columns, rowBytes, pixelBytes, 1, 4);
          }
        } else {
          for (; c < whole; c += VECTOR) {
            route(x + at + c, y + c, dy + c, dx + at + c, rows, columns, rowBytes, pixelBytes, 0, 4);
          }
        }
        if (rest)
          route(
            x + at + c,
            y + c,
            dy + c,
            dx + at + c,
            rows,
            columns,
            rowBytes,
            pixelBytes,
            <i32>overlap,
            rest,
          );
        y += pixelBytes;
        dy += pixelBytes;
      }
    }
    x += <usize>height * rowBytes;
    dx += <usize>height * rowBytes;
  }
}
