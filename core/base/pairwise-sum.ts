/** Up to so many numbers are summed in one block; longer arrays are halved. */
const BLOCK = 128;

/**
 * The sum of `count` numbers of `values` from `start`, rounded as numpy's `sum` rounds it over contiguous
 * doubles: fewer than 8 in order, up to 128 in eight interleaved partial sums, more in halves.
 *
 * Source: N. Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14(4), 1993, section 3;
 * the block sizes are numpy's.
 */
export function pairwiseSum(values: Float64Array, start = 0, count = values.length - start): number {
  if (count < 8) {
    let sum = 0;
    for (let i = start; i < start + count; i++) sum += values[i]!;
    return sum;
  }
  if (count <= BLOCK) return blockSum(values, start, count);
  let half = count >>> 1;
  half -= half % 8;
  return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, count - half);
}

function blockSum(values: Float64Array, start: number, count: number): number {
  let s0 = values[start]!;
  let s1 = values[start + 1]!;
  let s2 = values[start + 2]!;
  let s3 = values[start + 3]!;
  let s4 = values[start + 4]!;
  let s5 = values[start + 5]!;
  let s6 = values[start + 6]!;
  let s7 = values[start + 7]!;
  const end = start + count;
  let i = start + 8;
  for (; i + 8 <= end; i += 8) {
    s0 += values[i]!;
    s1 += values[i + 1]!;
    s2 += values[i + 2]!;
    s3 += values[i + 3]!;
    s4 += values[i + 4]!;
    s5 += values[i + 5]!;
    s6 += values[i + 6]!;
    s7 += values[i + 7]!;
  }
  let sum = s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  for (; i < end; i++) sum += values[i]!;
  return sum;
}
