import { loadLanes, multiplyAdd, storeLanes, VECTOR } from './vector';

/** sum[0…16) += x * dy over a rectangle of `rows` x `columns` pixels; byte steps of x and dy apart. */
// @inline
function addSixteen(
  x: usize,
  xRow: usize,
  xColumn: usize,
  dy: usize,
  dyRow: usize,
  dyColumn: usize,
  rows: i32,
  columns: i32,
  sum: usize,
): void {
  let a = v128.load(sum);
  let b = v128.load(sum, 16);
  let c = v128.load(sum, 32);
  let d = v128.load(sum, 48);
  for (let i = 0; i < rows; i++) {
    let p = x;
    let q = dy;
    for (let j = 0; j < columns; j++) {
      a = multiplyAdd(v128.load(p), v128.load(q), a);
      b = multiplyAdd(v128.load(p, 16), v128.load(q, 16), b);
      c = multiplyAdd(v128.load(p, 32), v128.load(q, 32), c);
      d = multiplyAdd(v128.load(p, 48), v128.load(q, 48), d);
      p += xColumn;
      q += dyColumn;
    }
    x += xRow;
    dy += dyRow;
  }
  v128.store(sum, a);
  v128.store(sum, b, 16);
  v128.store(sum, c, 32);
  v128.store(sum, d, 48);
}

/** The same for up to four channels. */
// @inline
function addFour(
  x: usize,
  xRow: usize,
  xColumn: usize,
  dy: usize,
  dyRow: usize,
  dyColumn: usize,
  rows: i32,
  columns: i32,
  sum: usize,
  lanes: i32,
): void {
  let a = loadLanes(sum, lanes);
  for (let i = 0; i < rows; i++) {
    let p = x;
    let q = dy;
    for (let j = 0; j < columns; j++) {
      a = multiplyAdd(loadLanes(p, lanes), loadLanes(q, lanes), a);
      p += xColumn;
      q += dyColumn;
    }
    x += xRow;
    dy += dyRow;
  }
  storeLanes(sum, a, lanes);
}

/** First output index whose tap `k` is inside: ceil((padding - k) / stride), at least 0. */
// @inline
function firstInside(k: i32, stride: i32, padding: i32): i32 {
  return k >= padding ? 0 : (padding - k + stride - 1) / stride;
}

/** One past the last output index whose tap `k` is inside an input of `size`. */
// @inline
function endInside(k: i32, stride: i32, padding: i32, size: i32, outSize: i32): i32 {
  const last = size - 1 + padding - k;
  return last < 0 ? 0 : min(outSize, last / stride + 1);
}

/**
 * dfilter [kernelHeight, kernelWidth, channels] of a depthwise convolution.
 *
 * By image and by sixteen channels (one cache line a pixel), then by tap: the pixels of an image that a tap meets
 * are a rectangle, summed in registers. An image's column of sixteen channels is small enough to stay cached while
 * all taps pass over it.
 */
export function depthwiseFilterGradient(
  x: usize,
  dy: usize,
  dfilter: usize,
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
  memory.fill(dfilter, 0, <usize>(kernelHeight * kernelWidth) * pixelBytes);
  const xRow = <usize>(width * stride) * pixelBytes;
  const xColumn = <usize>stride * pixelBytes;
  const dyRow = <usize>outWidth * pixelBytes;
  for (let image = 0; image < images; image++) {
    let c: usize = 0;
    for (let left = channels; left > 0; left -= 16) {
      for (let kh = 0; kh < kernelHeight; kh++) {
        const top = firstInside(kh, stride, padding);
        const rows = endInside(kh, stride, padding, height, outHeight) - top;
        for (let kw = 0; kw < kernelWidth; kw++) {
          const first = firstInside(kw, stride, padding);
          const columns = endInside(kw, stride, padding, width, outWidth) - first;
          if (rows <= 0 || columns <= 0) continue;
          const h = top * stride - padding + kh;
          const w = first * stride - padding + kw;
          let p = x + <usize>(h * width + w) * pixelBytes + c;
          let q = dy + <usize>(top * outWidth + first) * pixelBytes + c;
          let sum = dfilter + <usize>(kh * kernelWidth + kw) * pixelBytes + c;
          if (left >= 16) {
            addSixteen(p, xRow, xColumn, q, dyRow, pixelBytes, rows, columns, sum);
            continue;
          }
          for (let rest = left; rest > 0; rest -= 4) {
            addFour(p, xRow, xColumn, q, dyRow, pixelBytes, rows, columns, sum, min(rest, 4));
            p += VECTOR;
            q += VECTOR;
            sum += VECTOR;
          }
        }
      }
      c += 64;
    }
    x += <usize>(height * width) * pixelBytes;
    dy += <usize>outHeight * dyRow;
  }
}
