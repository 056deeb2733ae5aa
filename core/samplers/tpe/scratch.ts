/** Length of the first block of each kind. */
const FIRST_LENGTH = 4096;

/**
 * Arrays that are needed during one suggestion only, cut from blocks that are used again for the next. A suggestion
 * needs some hundred arrays as long as the history; making them anew costs as much as computing with them.
 *
 * The arrays are not cleared.
 */
export class Scratch {
  #floats = new Float64Array(FIRST_LENGTH);
  #nFloats = 0;
  #ints = new Int32Array(FIRST_LENGTH);
  #nInts = 0;

  /** `length` doubles of any value, until {@link reset}. */
  float64(length: number): Float64Array {
    const start = this.#nFloats;
    this.#nFloats += length;
    // Arrays that were cut from a shorter block keep it alive as long as they are needed.
    if (this.#nFloats > this.#floats.length) this.#floats = new Float64Array(2 * this.#nFloats);
    return this.#floats.subarray(start, this.#nFloats);
  }

  /** `length` integers of any value, until {@link reset}. */
  int32(length: number): Int32Array {
    const start = this.#nInts;
    this.#nInts += length;
    if (this.#nInts > this.#ints.length) this.#ints = new Int32Array(2 * this.#nInts);
    return this.#ints.subarray(start, this.#nInts);
  }

  /** Take all arrays back. */
  reset(): void {
    this.#nFloats = 0;
    this.#nInts = 0;
  }
}
