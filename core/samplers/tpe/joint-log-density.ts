import type { Kernels } from './kernels.ts';
import type { Scratch } from './scratch.ts';

/** Up to so many rows are summed in one block; more are halved. */
const BLOCK = 128;

/**
 * Adds up the logarithms of kernels over the parameters of a joint mixture, for all kernels at once, in the order in
 * which numpy's `sum(axis=-1)` adds them; see `pairwiseSum`.
 */
export class JointLogDensity {
  readonly #factors: readonly Kernels[];
  readonly #nKernels: number;
  readonly #scratch: Scratch;
  readonly #rows: Float64Array[] = [];

  /** @param factors one a parameter, of the same `nKernels` kernels. */
  constructor(factors: readonly Kernels[], nKernels: number, scratch: Scratch) {
    this.#factors = factors;
    this.#nKernels = nKernels;
    this.#scratch = scratch;
  }

  /** Write ∑ᵢ log fᵢₖ(xᵢ) for every kernel k into `out`; `point` holds the internal values xᵢ. */
  write(point: Float64Array, out: Float64Array): void {
    this.#sum(point, 0, this.#factors.length, out);
  }

  #sum(point: Float64Array, first: number, count: number, out: Float64Array): void {
    if (count <= BLOCK) {
      this.#sumBlock(point, first, count, out);
      return;
    }
    let half = count >>> 1;
    half -= half % 8;
    this.#sum(point, first, half, out);
    const rest = this.#takeRow();
    this.#sum(point, first + half, count - half, rest);
    addRow(out, rest);
    this.#rows.push(rest);
  }

  /** Eight interleaved sums where there are eight factors or more, then the rest in order. */
  #sumBlock(point: Float64Array, first: number, count: number, out: Float64Array): void {
    const interleaved = count - (count % 8);
    let next = first;
    if (interleaved > 0) {
      const sums = [out, ...Array.from({ length: 7 }, () => this.#takeRow())];
      for (; next < first + interleaved; next++) {
        const sum = sums[(next - first) % 8]!;
        if (next < first + 8) this.#factors[next]!.logDensities(point[next]!, sum);
        else this.#add(point, next, sum);
      }
      for (const distance of [1, 2, 4]) {
        for (let i = 0; i < 8; i += 2 * distance) addRow(sums[i]!, sums[i + distance]!);
      }
      this.#rows.push(...sums.slice(1));
    } else {
      this.#factors[next]!.logDensities(point[next]!, out);
      next++;
    }
    for (; next < first + count; next++) this.#add(point, next, out);
  }

  #add(point: Float64Array, factor: number, sum: Float64Array): void {
    const row = this.#takeRow();
    this.#factors[factor]!.logDensities(point[factor]!, row);
    addRow(sum, row);
    this.#rows.push(row);
  }

  #takeRow(): Float64Array {
    return this.#rows.pop() ?? this.#scratch.float64(this.#nKernels);
  }
}

function addRow(sum: Float64Array, row: Float64Array): void {
  for (let k = 0; k < sum.length; k++) sum[k] = sum[k]! + row[k]!;
}
