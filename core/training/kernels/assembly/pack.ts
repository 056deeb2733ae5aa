import { PANEL } from './tile';
import { ZERO } from './vector';

/**
 * Packs a matrix [depth, columns] into panels of 8 columns, [ceil(columns / 8)][depth][8], missing columns 0:
 * the layout that a tile reads front to back. A filter [kh, kw, in, out] is such a matrix of depth kh * kw * in.
 */
export function packPanels(matrix: usize, depth: i32, columns: i32, panels: usize): void {
  const rowBytes = (<usize>columns) << 2;
  for (let first = 0; first < columns; first += PANEL) {
    let source = matrix + ((<usize>first) << 2);
    if (columns - first >= PANEL) {
      for (let k = 0; k < depth; k++) {
        v128.store(panels, v128.load(source));
        v128.store(panels, v128.load(source, 16), 16);
        panels += 32;
        source += rowBytes;
      }
    } else {
      const restBytes = (<usize>(columns - first)) << 2;
      for (let k = 0; k < depth; k++) {
        v128.store(panels, ZERO);
        v128.store(panels, ZERO, 16);
        memory.copy(panels, source, restBytes);
        panels += 32;
        source += rowBytes;
      }
    }
  }
}

/** Four rows of four floats at `source`, `rowBytes` apart, to four columns at `target`, 32 bytes apart. */
// @inline
function transpose4x4(source: usize, rowBytes: usize, target: usize): void {
  const a = v128.load(source);
  const b = v128.load(source + rowBytes);
  const c = v128.load(source + 2 * rowBytes);
  const d = v128.load(source + 3 * rowBytes);
  const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f64>(ab01, cd01, 0, 2));
  v128.store(target, v128.shuffle<f64>(ab01, cd01, 1, 3), 32);
  v128.store(target, v128.shuffle<f64>(ab23, cd23, 0, 2), 64);
  v128.store(target, v128.shuffle<f64>(ab23, cd23, 1, 3), 96);
}

/** `rows` (1…8) rows of `length` floats at `source` to `length` rows of 8 at `target`, missing ones 0. */
function transposeRows(source: usize, rows: i32, length: i32, target: usize): void {
  const rowBytes = (<usize>length) << 2;
  let i = 0;
  if (rows == PANEL) {
    for (; i + 4 <= length; i += 4) {
      transpose4x4(source + ((<usize>i) << 2), rowBytes, target);
      transpose4x4(source + 4 * rowBytes + ((<usize>i) << 2), rowBytes, target + 16);
      target += 128;
    }
  }
  for (; i < length; i++) {
    for (let r = 0; r < PANEL; r++) {
      const value = r < rows ? load<f32>(source + <usize>r * rowBytes + ((<usize>i) << 2)) : 0;
      store<f32>(target + ((<usize>r) << 2), value);
    }
    target += 32;
  }
}

/**
 * Packs the filter that carries the gradient back to the input pixels of one stride class: in and out swapped and
 * both kernel axes reversed, so that the input gradient is itself a convolution over dy.
 *
 * filter [kernelHeight, kernelWidth, inChannels, outChannels]; of it the taps tapTop + stride * i and
 * tapLeft + stride * j are used (`tapRows` x `tapColumns` of them). Panels of 8 input channels,
 * [ceil(in / 8)][tapRows * tapColumns * out][8].
 */
export function packInputGradientPanels(
  filter: usize,
  kernelWidth: i32,
  inChannels: i32,
  outChannels: i32,
  stride: i32,
  tapTop: i32,
  tapLeft: i32,
  tapRows: i32,
  tapColumns: i32,
  panels: usize,
): void {
  const tapBytes = (<usize>outChannels) << 5;
  for (let first = 0; first < inChannels; first += PANEL) {
    const rows = min(PANEL, inChannels - first);
    for (let i = tapRows - 1; i >= 0; i--) {
      for (let j = tapColumns - 1; j >= 0; j--) {
        const tap = (tapTop + stride * i) * kernelWidth + tapLeft + stride * j;
        transposeRows(
          filter + ((<usize>((tap * inChannels + first) * outChannels)) << 2),
          rows,
          outChannels,
          panels,
        );
        panels += tapBytes;
      }
    }
  }
}
