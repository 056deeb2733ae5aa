/**
 * The geometry of one convolution, written into the heap once by `backends/wasm/plan-writer.ts`
 * (same fields, same order, int32 each) and read by every call after.
 *
 * A convolution runs over groups of images: enough of them that a group has at least 128 output pixels, so that
 * tiny images fill the tiles too. Where there is padding, a group is first copied into a zero-framed scratch area;
 * then pixel m of the group reads its window at `inputOffsets[m]` and writes at `outputOffsets[m]`, both bytes from
 * the start of the group. With channels last, a window row (`run` = kernel width * channels) is contiguous.
 */
@unmanaged
export class ConvolutionPlan {
  /** Images of a whole group. */
  groupImages: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  /** Height and width with the zero frame; 0 where none is needed and x is read in place. */
  paddedHeight: i32;
  paddedWidth: i32;
  padTop: i32;
  padLeft: i32;
  /** Output pixels that one image writes. */
  imagePixels: i32;
  /** Window rows. */
  kernelRows: i32;
  /** Contiguous floats of a window row. */
  run: i32;
  /** Bytes from one window row to the next. */
  rowBytes: i32;
  outChannels: i32;
  inImageBytes: i32;
  outImageBytes: i32;
  /** Pointers to `groupImages * imagePixels` int32. */
  inputOffsets: usize;
  outputOffsets: usize;
}

/** Copies `images` images into the zero-framed area `padded`, whose frame is left as it is. */
export function padImages(plan: ConvolutionPlan, x: usize, images: i32, padded: usize): void {
  const channelBytes = (<usize>plan.inChannels) << 2;
  const rowBytes = <usize>plan.inWidth * channelBytes;
  const paddedRowBytes = <usize>plan.paddedWidth * channelBytes;
  const height = plan.inHeight;
  const first = padded + <usize>plan.padTop * paddedRowBytes + <usize>plan.padLeft * channelBytes;
  for (let image = 0; image < images; image++) {
    let row = first + <usize>(image * plan.paddedHeight) * paddedRowBytes;
    for (let h = 0; h < height; h++) {
      memory.copy(row, x, rowBytes);
      row += paddedRowBytes;
      x += rowBytes;
    }
  }
}

/** Bytes of the zero-framed area of a whole group. */
export function paddedBytes(plan: ConvolutionPlan): usize {
  return (<usize>(plan.groupImages * plan.paddedHeight * plan.paddedWidth) * plan.inChannels) << 2;
}
