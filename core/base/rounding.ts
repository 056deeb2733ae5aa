const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/** The nearest integer, halves to the even one. numpy: `round`. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  // Not finite, or exactly between two integers.
  if (rest !== 0.5) return x;
  return below % 2 === 0 ? below : below + 1;
}

/** `x` moved into [low, high]; NaN stays NaN. numpy: `clip`. */
export function clip(x: number, low: number, high: number): number {
  if (x < low) return low;
  return x > high ? high : x;
}

/** The largest double below `x`; infinities and NaN are returned as they are. */
export function nextBelow(x: number): number {
  if (!Number.isFinite(x)) return x;
  if (x === 0) return -Number.MIN_VALUE;
  double[0] = x;
  bits[0] = bits[0]! + (x > 0 ? -1n : 1n);
  return double[0];
}
