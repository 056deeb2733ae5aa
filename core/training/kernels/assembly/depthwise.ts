import { fourPixels, pixel } from './depthwise-pixels';

/** A pixel some of whose tap columns may be outside the source; tap j reads column `column` + j * tapStep. */
function borderPixel(
  source: usize,
  sourceWidth: i32,
  sourceRow: usize,
  column: i32,
  tapStep: i32,
  weights: usize,
  weightRow: usize,
  weightColumn: usize,
  rows: i32,
  columns: i32,
  y: usize,
  channels: i32,
): void {
  const pixelBytes = (<usize>channels) << 2;
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
    <usize>tapStep * pixelBytes,
    weights + <usize>begin * weightColumn,
    weightRow,
    weightColumn,
    rows,
    max(0, end - begin),
    y,
    channels,
  );
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
    borderPixel(
      source,
      sourceWidth,
      sourceRow,
      column,
      tapStep,
      weights,
      weightRow,
      weightColumn,
      rows,
      columns,
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
