import { alignedBytes, type WasmHeap } from './wasm-heap.ts';

/** Output channels of a panel of packed weights, as in `kernels/assembly/tile.ts`. */
export const PANEL = 8;

/** A call of a convolution kernel: where its geometry lies in the heap and what scratch it needs. */
export interface ConvolutionPlan {
  /** Address of the fields of `kernels/assembly/convolution-plan.ts`. */
  readonly address: number;
  /** Bytes of the fields and tables at that address. */
  readonly sizeBytes: number;
  /** Bytes of the packed panels, in whole cache lines. */
  readonly panelBytes: number;
  /** Bytes of the zero-framed group of images; 0 where x is read in place. */
  readonly groupBytes: number;
}

/** Where the windows of a plan begin and its outputs lie, in pixels of one image. */
export interface WindowPlacement {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  /** Frame of zeros around an image. */
  readonly pad: {
    readonly top: number;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  };
  readonly kernelRows: number;
  readonly kernelColumns: number;
  /** Windows of an image. */
  readonly rows: number;
  readonly columns: number;
  /** First window's place in the framed image, and the step between windows. */
  readonly windowTop: number;
  readonly windowLeft: number;
  readonly windowStep: number;
  /** Image that is written: its size, the first window's pixel, and the step between them. */
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly outTop: number;
  readonly outLeft: number;
  readonly outStep: number;
  /** Whether a group is copied even where the frame is empty. */
  readonly alwaysCopied?: boolean;
  /** Windows that a group of images has at least. */
  readonly groupWindows: number;
}

/**
 * Writes a plan's fields, `extraFields` of the caller, and its tables of byte offsets into one allocation.
 *
 * @param extraTable int32 values whose address is the last field, where given.
 */
export function writePlan(
  heap: WasmHeap,
  place: WindowPlacement,
  extraFields: readonly number[] = [],
  extraTable: readonly number[] = [],
): ConvolutionPlan {
  const { inChannels, outChannels, pad } = place;
  const isPadded = (place.alwaysCopied ?? false) || pad.top + pad.bottom + pad.left + pad.right > 0;
  const height = place.inHeight + pad.top + pad.bottom;
  const width = place.inWidth + pad.left + pad.right;
  const groupImages = Math.ceil(place.groupWindows / (place.rows * place.columns));
  const { input, output } = offsetTables(place, groupImages, height, width);
  const run = place.kernelColumns * inChannels;
  const fieldCount = 17 + extraFields.length + (extraTable.length > 0 ? 1 : 0);
  const count = fieldCount + input.length + output.length + extraTable.length;
  const address = heap.allocate(count * 4);
  const tables = address + fieldCount * 4;
  const fields = [
    groupImages,
    place.inHeight,
    place.inWidth,
    inChannels,
    isPadded ? height : 0,
    isPadded ? width : 0,
    pad.top,
    pad.left,
    place.rows * place.columns,
    place.kernelRows,
    run,
    width * inChannels * 4,
    outChannels,
    place.inHeight * place.inWidth * inChannels * 4,
    place.outHeight * place.outWidth * outChannels * 4,
    tables,
    tables + input.length * 4,
    ...extraFields,
  ];
  if (extraTable.length > 0) fields.push(tables + (input.length + output.length) * 4);
  heap.integers(address, count).set([...fields, ...input, ...output, ...extraTable]);
  return {
    address,
    sizeBytes: count * 4,
    panelBytes: alignedBytes(Math.ceil(outChannels / PANEL) * PANEL * place.kernelRows * run * 4),
    groupBytes: isPadded ? groupImages * height * width * inChannels * 4 : 0,
  };
}

/** Byte offsets of every window of a group in the framed input and in the output. */
function offsetTables(
  place: WindowPlacement,
  groupImages: number,
  height: number,
  width: number,
): { readonly input: readonly number[]; readonly output: readonly number[] } {
  const input: number[] = [];
  const output: number[] = [];
  for (let image = 0; image < groupImages; image++) {
    for (let row = 0; row < place.rows; row++) {
      const inRow = image * height + place.windowTop + row * place.windowStep;
      const outRow = image * place.outHeight + place.outTop + row * place.outStep;
      for (let column = 0; column < place.columns; column++) {
        const inColumn = place.windowLeft + column * place.windowStep;
        const outColumn = place.outLeft + column * place.outStep;
        input.push((inRow * width + inColumn) * place.inChannels * 4);
        output.push((outRow * place.outWidth + outColumn) * place.outChannels * 4);
      }
    }
  }
  return { input, output };
}
