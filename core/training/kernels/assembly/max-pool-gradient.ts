import { windowBegin, windowEnd } from './max-pool';
import { loadLanes, storeLanes, VECTOR } from './vector';

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

/** The common window, 2 x 2, whole and met by no other, over `bytes` of channels. */
// @inline
function routeToFour(
  x: usize,
  y: usize,
  dy: usize,
  dx: usize,
  bytes: usize,
  imageRowBytes: usize,
  pixelBytes: usize,
): void {
  for (let c: usize = 0; c < bytes; c += VECTOR) {
    const best = v128.load(y + c);
    const gradient = v128.load(dy + c);
    const upper = x + c;
    const lower = upper + imageRowBytes;
    const first = f32x4.eq(v128.load(upper), best);
    const second = v128.andnot(f32x4.eq(v128.load(upper + pixelBytes), best), first);
    let taken = v128.or(first, second);
    const third = v128.andnot(f32x4.eq(v128.load(lower), best), taken);
    taken = v128.or(taken, third);
    const fourth = v128.andnot(f32x4.eq(v128.load(lower + pixelBytes), best), taken);
    const target = dx + c;
    v128.store(target, v128.and(first, gradient));
    v128.store(target + pixelBytes, v128.and(second, gradient));
    v128.store(target + imageRowBytes, v128.and(third, gradient));
    v128.store(target + imageRowBytes + pixelBytes, v128.and(fourth, gradient));
  }
}

/** Whether every position along an axis is in exactly one window. */
// @inline
function meets(size: i32, kernel: i32, stride: i32, padding: i32, windows: i32): bool {
  return kernel == stride && windows * stride >= size + padding;
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
  const rowsMet = meets(height, kernelHeight, stride, padding, outHeight);
  const columnsMet = meets(width, kernelWidth, stride, padding, outWidth);
  if (!rowsMet || !columnsMet) memory.fill(dx, 0, <usize>images * <usize>height * rowBytes);
  for (let image = 0; image < images; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = windowBegin(oh, stride, padding);
      const rows = windowEnd(oh, stride, padding, kernelHeight, height) - top;
      for (let ow = 0; ow < outWidth; ow++) {
        const left = windowBegin(ow, stride, padding);
        const columns = windowEnd(ow, stride, padding, kernelWidth, width) - left;
        const at = <usize>top * rowBytes + <usize>left * pixelBytes;
        let c = !overlap && rows == 2 && columns == 2 ? whole : 0;
        if (c) routeToFour(x + at, y, dy, dx + at, whole, rowBytes, pixelBytes);
        for (; c < whole; c += VECTOR) {
          const from = at + c;
          route(x + from, y + c, dy + c, dx + from, rows, columns, rowBytes, pixelBytes, <i32>overlap, 4);
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
