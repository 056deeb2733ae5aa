/** Size to which a large picture may be shrunk before it is hashed: eight pixels a cell. */
export const HASH_SOURCE_WIDTH = 72;
/** See {@link HASH_SOURCE_WIDTH}. */
export const HASH_SOURCE_HEIGHT = 64;

const CELLS_X = 9;
const CELLS_Y = 8;
/** Grey levels; smaller differences are rounding, not structure, and give a 0: plain pictures hash to 0. */
const MIN_DIFFERENCE = 0.1;
/** Hashes with fewer ones or zeros say too little: plain areas and gradients, which are alike without being copies. */
const MIN_DISTINCT_BITS = 8;

/**
 * Difference hash (dHash) of Neal Krawetz, "Kind of Like That" (hackerfactor.com, 2013): the picture is averaged
 * to 9 x 8 grey cells; each bit says whether a cell is brighter than its right neighbour.
 *
 * @param pixels - Bytes, [height, width, channels]; 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA. Alpha is composited
 *   over black.
 * @returns 64 bits as 16 hexadecimal digits, row by row, the first cell in the highest bit.
 */
export function differenceHash(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: number,
): string {
  const cells = averageCells(greyLevels(pixels, channels), width, height);
  let hash = '';
  for (let y = 0; y < CELLS_Y; y++) {
    let row = 0;
    for (let x = 0; x < CELLS_X - 1; x++) {
      const left = cells[y * CELLS_X + x] as number;
      const right = cells[y * CELLS_X + x + 1] as number;
      row = row * 2 + (left - right > MIN_DIFFERENCE ? 1 : 0);
    }
    hash += row.toString(16).padStart(2, '0');
  }
  return hash;
}

/** Number of bits in which two 32-bit words differ. */
export function hammingDistance32(first: number, second: number): number {
  let bits = first ^ second;
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Whether a hash, given as two 32-bit words, has enough structure to be compared with others. */
export function isTellingHash(high: number, low: number): boolean {
  const ones = hammingDistance32(high, 0) + hammingDistance32(low, 0);
  return ones >= MIN_DISTINCT_BITS && ones <= 64 - MIN_DISTINCT_BITS;
}

/** Rec. 601 luma, 0…255. */
function greyLevels(pixels: Uint8Array | Uint8ClampedArray, channels: number): Float32Array {
  const grey = new Float32Array(pixels.length / channels);
  const isColour = channels >= 3;
  const hasAlpha = channels === 2 || channels === 4;
  for (let index = 0, at = 0; index < grey.length; index++, at += channels) {
    const first = pixels[at] as number;
    let level = first;
    if (isColour)
      level = 0.299 * first + 0.587 * (pixels[at + 1] as number) + 0.114 * (pixels[at + 2] as number);
    grey[index] = hasAlpha ? (level * (pixels[at + channels - 1] as number)) / 255 : level;
  }
  return grey;
}

/** Means over a 9 x 8 grid; pixels on a border count in each cell by the part that lies there. */
function averageCells(grey: Float32Array, width: number, height: number): Float64Array {
  const columns = cellSpans(width, CELLS_X);
  const rows = cellSpans(height, CELLS_Y);
  const cells = new Float64Array(CELLS_X * CELLS_Y);
  for (const [cellY, row] of rows.entries()) {
    for (const [cellX, column] of columns.entries()) {
      let sum = 0;
      for (let y = row.first; y < row.end; y++) {
        const weightY = overlap(y, row.low, row.high);
        for (let x = column.first; x < column.end; x++) {
          sum += (grey[y * width + x] as number) * weightY * overlap(x, column.low, column.high);
        }
      }
      cells[cellY * CELLS_X + cellX] = sum / ((row.high - row.low) * (column.high - column.low));
    }
  }
  return cells;
}

interface CellSpan {
  readonly low: number;
  readonly high: number;
  readonly first: number;
  readonly end: number;
}

function cellSpans(size: number, count: number): CellSpan[] {
  return Array.from({ length: count }, (_, cell) => {
    const low = (cell * size) / count;
    const high = ((cell + 1) * size) / count;
    return { low, high, first: Math.floor(low), end: Math.min(size, Math.ceil(high)) };
  });
}

function overlap(pixel: number, low: number, high: number): number {
  return Math.min(pixel + 1, high) - Math.max(pixel, low);
}
