import { loadLanes, multiplyAdd, storeLanes, VECTOR, ZERO } from './vector';

/**
 * One output pixel: y[0…channels) = sum over taps of source pixel times weight, where the taps are `rows` x
 * `columns` with byte steps of their own in the source and in the weights.
 *
 * Sixteen channels at a time: four accumulators hide the latency of the additions, and a cache line is used whole.
 */
function pixel(
  source: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  channels: i32,
): void {
  let left = channels;
  for (; left >= 16; left -= 16) {
    let a = ZERO;
    let b = ZERO;
    let c = ZERO;
    let d = ZERO;
    let x = source;
    let w = weights;
    for (let i = 0; i < rows; i++) {
      let p = x;
      let q = w;
      for (let j = 0; j < columns; j++) {
        a = multiplyAdd(v128.load(p), v128.load(q), a);
        b = multiplyAdd(v128.load(p, 16), v128.load(q, 16), b);
        c = multiplyAdd(v128.load(p, 32), v128.load(q, 32), c);
        d = multiplyAdd(v128.load(p, 48), v128.load(q, 48), d);
        p += sourceColumn;
        q += weightColumn;
      }
      x += sourceRow;
      w += weightRow;
    }
    v128.store(y, a);
    v128.store(y, b, 16);
    v128.store(y, c, 32);
    v128.store(y, d, 48);
    source += 64;
    weights += 64;
    y += 64;
  }
  for (; left > 0; left -= 4) {
    const lanes = min(left, 4);
    let a = ZERO;
    let x = source;
    let w = weights;
    for (let i = 0; i < rows; i++) {
      let p = x;
      let q = w;
      for (let j = 0; j < columns; j++) {
        a = multiplyAdd(loadLanes(p, lanes), loadLanes(q, lanes), a);
        p += sourceColumn;
        q += weightColumn;
      }
      x += sourceRow;
      w += weightRow;
    }
    storeLanes(y, a, lanes);
    source += VECTOR;
    weights += VECTOR;
    y += VECTOR;
  }
}

/** Four pixels whose sources are `sourceStep` and whose outputs are `outStep` bytes apart; each weight is read once. */
// @inline
function fourPixelsColumn(
  source: usize,
  sourceStep: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  outStep: usize,
  lanes: i32,
): void {
  let a = ZERO;
  let b = ZERO;
  let c = ZERO;
  let d = ZERO;
  for (let i = 0; i < rows; i++) {
    let p0 = source;
    let p1 = p0 + sourceStep;
    let p2 = p1 + sourceStep;
    let p3 = p2 + sourceStep;
    let q = weights;
    for (let j = 0; j < columns; j++) {
      const w = loadLanes(q, lanes);
      a = multiplyAdd(loadLanes(p0, lanes), w, a);
      b = multiplyAdd(loadLanes(p1, lanes), w, b);
      c = multiplyAdd(loadLanes(p2, lanes), w, c);
      d = multiplyAdd(loadLanes(p3, lanes), w, d);
      p0 += sourceColumn;
      p1 += sourceColumn;
      p2 += sourceColumn;
      p3 += sourceColumn;
      q += weightColumn;
    }
    source += sourceRow;
    weights += weightRow;
  }
  storeLanes(y, a, lanes);
  storeLanes(y + outStep, b, lanes);
  storeLanes(y + 2 * outStep, c, lanes);
  storeLanes(y + 3 * outStep, d, lanes);
}

function fourPixels(
  source: usize,
  sourceStep: usize,
  sourceRow: usize,
  sourceColumn: usize,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  outStep: usize,
  channels: i32,
): void {
  let c: usize = 0;
  const whole = (<usize>channels & ~3) << 2;
  for (; c < whole; c += VECTOR) {
    fourPixelsColumn(
      source + c,
      sourceStep,
      sourceRow,
      sourceColumn,
      weights + c,
      weightRow,
      weightColumn,
      rows,
      columns,
      y + c,
      outStep,
      4,
    );
  }
  const rest = channels & 3;
  if (rest) {
    fourPixelsColumn(
      source + c,
      sourceStep,
      sourceRow,
      sourceColumn,
      weights + c,
      weightRow,
      weightColumn,
      rows,
      columns,
      y + c,
      outStep,
      rest,
    );
  }
}

/**
 * `count` pixels of one output row. Tap column j of pixel i reads source column
 * firstColumn + i * pixelStep + j * tapStep, where that is inside the source, and weight column j. So both the
 * forward pass (pixelStep = stride, tapStep = 1) and the gradient of one stride class (1, -1) are rows of this kind,
 * and nothing is ever padded.
 *
 * `source` is the first tap row at column 0, `weights` its first tap.
 */
function row(
  source: usize,
  sourceWidth: i32,
  sourceRow: usize,
  firstColumn: i32,
  pixelStep: i32,
  tapStep: i32,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  count: i32,
  y: usize,
  outStep: usize,
  channels: i32,
): void {
  const pixelBytes = (<usize>channels) << 2;
  const tapBytes = <usize>tapStep * pixelBytes;
  const span = (columns - 1) * tapStep;
  let i = 0;
  while (i < count) {
    const column = firstColumn + i * pixelStep;
    const lowest = min(column, column + span);
    const highest = max(column, column + span);
    // Four pixels at once where all taps of the first and of the fourth are inside.
    if (i + 4 <= count && lowest >= 0 && highest + 3 * pixelStep < sourceWidth) {
      fourPixels(
        source + <usize>column * pixelBytes,
        <usize>pixelStep * pixelBytes,
        sourceRow,
        tapBytes,
        weights,
        weightRow,
        weightColumn,
        rows,
        columns,
        y,
        outStep,
        channels,
      );
      i += 4;
      y += 4 * outStep;
      continue;
    }
    // Taps [begin, end) of this pixel are inside.
    let begin = 0;
    let end = columns;
    if (tapStep > 0) {
      begin = max(0, -column);
      end = min(columns, sourceWidth - column);
    } else {
      begin = max(0, column - sourceWidth + 1);
      end = min(columns, column + 1);
    }
    pixel(
      source + <usize>(column + begin * tapStep) * pixelBytes,
      sourceRow,
      tapBytes,
      weights + <usize>begin * weightColumn,
      weightRow,
      weightColumn,
      rows,
      max(0, end - begin),
      y,
      channels,
    );
    i++;
    y += outStep;
  }
}

/** y = depthwise convolution of x with filter [kernelHeight, kernelWidth, channels]. */
export function depthwiseConvolve(
  x: usize,
  filter: usize,
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
  const filterRow = <usize>kernelWidth * pixelBytes;
  for (let image = 0; image < images; image++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * stride - padding;
      const begin = max(0, -top);
      const end = min(kernelHeight, height - top);
      row(
        x + <usize>(top + begin) * rowBytes,
        width,
        rowBytes,
        -padding,
        stride,
        1,
        filter + <usize>begin * filterRow,
        filterRow,
        pixelBytes,
        max(0, end - begin),
        kernelWidth,
        outWidth,
        y,
        pixelBytes,
        channels,
      );
      y += <usize>outWidth * pixelBytes;
    }
    x += <usize>height * rowBytes;
  }
}

/**
 * dx of {@link depthwiseConvolve}: input pixel h takes tap k from output row (h + padding - k) / stride where that
 * is whole and inside; likewise columns. Columns of one remainder modulo the stride share their taps.
 */
export function depthwiseInputGradient(
  dy: usize,
  filter: usize,
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
  const outRowBytes = <usize>outWidth * pixelBytes;
  const filterRow = <usize>kernelWidth * pixelBytes;
  for (let image = 0; image < images; image++) {
    for (let h = 0; h < height; h++) {
      const tapTop = (h + padding) % stride;
      const lowestRow = (h + padding - tapTop) / stride;
      const tapRows = tapTop < kernelHeight ? (kernelHeight - tapTop + stride - 1) / stride : 0;
      // Tap row i reads output row lowestRow - i.
      const begin = max(0, lowestRow - outHeight + 1);
      const end = min(tapRows, lowestRow + 1);
      const source = dy + <usize>(lowestRow - begin) * outRowBytes;
      const weights = filter + <usize>(tapTop + begin * stride) * filterRow;
      for (let first = 0; first < min(stride, width); first++) {
        const tapLeft = (first + padding) % stride;
        const tapColumns = tapLeft < kernelWidth ? (kernelWidth - tapLeft + stride - 1) / stride : 0;
        row(
          source,
          outWidth,
          0 - outRowBytes,
          (first + padding - tapLeft) / stride,
          1,
          -1,
          weights + <usize>tapLeft * pixelBytes,
          <usize>stride * filterRow,
          <usize>stride * pixelBytes,
          max(0, end - begin),
          tapColumns,
          (width - first + stride - 1) / stride,
          dx + <usize>first * pixelBytes,
          <usize>stride * pixelBytes,
          channels,
        );
      }
      dx += <usize>width * pixelBytes;
    }
    dy += <usize>outHeight * outRowBytes;
  }
}
