/**
 * What every kernel shares: 128-bit vectors of four float32 and how to touch fewer than four.
 *
 * `// @inline` above a function stands for AssemblyScript's decorator of that name; see `../build.ts`.
 */

export const ZERO: v128 = i32x4.splat(0);

/** Bytes of one vector. */
export const VECTOR: usize = 16;

/** a * b + c. One rounding in the relaxed build (FMA), two in the plain one. */
// @inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** The first `lanes` (1…4) floats at `p`; the others are 0. Give `lanes` as a literal 4 where it is whole. */
// @inline
export function loadLanes(p: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(p) : loadPart(p, lanes);
}

/** Writes the first `lanes` (1…4) floats of `value` to `p` and nothing behind them. */
// @inline
export function storeLanes(p: usize, value: v128, lanes: i32): void {
  if (lanes == 4) v128.store(p, value);
  else storePart(p, value, lanes);
}

function loadPart(p: usize, lanes: i32): v128 {
  if (lanes == 1) return v128.load32_zero(p);
  const low = v128.load64_zero(p);
  return lanes == 2 ? low : v128.load_lane<f32>(p + 8, low, 2);
}

function storePart(p: usize, value: v128, lanes: i32): void {
  if (lanes == 1) {
    v128.store_lane<f32>(p, value, 0);
    return;
  }
  v128.store_lane<f64>(p, value, 0);
  if (lanes == 3) v128.store_lane<f32>(p + 8, value, 2);
}

/**
 * e^x per lane within 2 units in the last place, clamped to x in [-87, 88]; NaN stays NaN.
 *
 * Range reduction to [-ln 2 / 2, ln 2 / 2] and the degree-5 polynomial of Cephes' `expf`. The library's
 * exponential is not usable: its tables would be a data section, which would overwrite the heap's owner.
 */
// @inline
export function exp(x: v128): v128 {
  const clamped = f32x4.max(f32x4.splat(-87), f32x4.min(f32x4.splat(88), x));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504)));
  let r = multiplyAdd(n, f32x4.splat(-0.693359375), clamped);
  r = multiplyAdd(n, f32x4.splat(2.1219444e-4), r);
  let p = f32x4.splat(1.98756915e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, exponent);
}
