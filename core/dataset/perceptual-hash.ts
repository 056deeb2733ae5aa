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
  const cells = averageCells(pixels, width, height, channels);
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

/** Mean grey of each cell of a 9 x 8 grid; a pixel on a border counts in each cell by the part that lies there. */
function averageCells(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: number,
): Float64Array {
  const rowSums = new Float64Array(width + 1);
  // Sums over all rows above, of what lies in each column of cells.
  const columnSums = Array.from({ length: CELLS_X }, () => new Float64Array(height + 1));
  for (let y = 0; y < height; y++) {
    sumGreyRow(pixels, y * width * channels, channels, rowSums);
    for (const [cellX, sums] of columnSums.entries()) {
      sums[y + 1] = (sums[y] as number) + sumBetween(rowSums, cellX, CELLS_X);
    }
  }
  const cells = new Float64Array(CELLS_X * CELLS_Y);
  const cellArea = (width / CELLS_X) * (height / CELLS_Y);
  for (let cellY = 0; cellY < CELLS_Y; cellY++) {
    for (const [cellX, sums] of columnSums.entries()) {
      cells[cellY * CELLS_X + cellX] = sumBetween(sums, cellY, CELLS_Y) / cellArea;
    }
  }
  return cells;
}

/** Running sums of one row's Rec. 601 luma, 0…255, alpha over black: `sums[x]` is that of the pixels left of x. */
function sumGreyRow(
  pixels: Uint8Array | Uint8ClampedArray,
  start: number,
  channels: number,
  sums: Float64Array,
): void {
  const isColour = channels >= 3;
  const hasAlpha = channels === 2 || channels === 4;
  let sum = 0;
  for (let x = 0, at = start; x < sums.length - 1; x++, at += channels) {
    let grey = pixels[at] as number;
    if (isColour) {
      grey = 0.299 * grey + 0.587 * (pixels[at + 1] as number) + 0.114 * (pixels[at + 2] as number);
    }
    sum += hasAlpha ? (grey * (pixels[at + channels - 1] as number)) / 255 : grey;
    sums[x + 1] = sum;
  }
}

/** What lies in one of `cellCount` equal cells, of which borders may cut through pixels. */
function sumBetween(sums: Float64Array, cell: number, cellCount: number): number {
  const size = (sums.length - 1) / cellCount;
  return sumUpTo(sums, (cell + 1) * size) - sumUpTo(sums, cell * size);
}

function sumUpTo(sums: Float64Array, position: number): number {
  const whole = Math.min(Math.floor(position), sums.length - 2);
  const before = sums[whole] as number;
  return before + ((sums[whole + 1] as number) - before) * (position - whole);
}
