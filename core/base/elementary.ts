import { LN2, LOG_TABLE, LOG_TABLE_SIZE, POWER_TABLE, POWER_TABLE_SIZE } from './elementary-tables.ts';

/*
 * exp, log and log1p with the rounding of the GNU C library on x86-64, which numpy and Python use.
 *
 * V8's own functions are within one unit in the last place, but another one in several percent of cases. That is
 * enough to decide otherwise where two candidates of a sampler are equally good in exact arithmetic, which is common
 * with categorical parameters. With these functions such ties fall as they do in Python: exp differs in no case of a
 * hundred thousand, log in three of ten thousand. They also give the same on every machine and in every version of V8.
 *
 * On processors with AVX-512, numpy has functions of its own that round otherwise, so that Optuna suggests other values
 * there than elsewhere. The yardstick is numpy without them (NPY_DISABLE_CPU_FEATURES).
 */

const INVERSE_STEP = POWER_TABLE_SIZE / Math.LN2;
/** ln 2 / 128 in two parts, the first short enough that its product with a whole number is exact. */
const STEP_HIGH = -0.005415212348111709;
const STEP_LOW = -1.2864023111638344e-14;
/** Coefficients of eʳ - 1 - r for |r| <= ln 2 / 256, minimax. */
const EXP_2 = 0.49999999999996786;
const EXP_3 = 0.16666666666665886;
const EXP_4 = 0.0416666808410674;
const EXP_5 = 0.008333335853059549;
/** Splits a double into two halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1;
/** Beyond these the result is subnormal, or nearly infinite. */
const EXP_LOWEST = -700;
const EXP_HIGHEST = 700;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/**
 * eˣ, the double nearest to it in 999 of 1000 cases.
 *
 * Source: S. Nagy, "Optimized routines" (Arm, 2018), exp: eˣ = 2^(k/128) eʳ with a table of 2^(i/128) and a
 * polynomial. The last step is done in twice the precision, for the fused multiply-add of the C library.
 */
export function exp(x: number): number {
  if (!(x > EXP_LOWEST && x < EXP_HIGHEST)) return Math.exp(x);
  const k = Math.round(INVERSE_STEP * x);
  const r = x + k * STEP_HIGH + k * STEP_LOW;
  const i = k & (POWER_TABLE_SIZE - 1);
  const power = POWER_TABLE.value[i]!;
  const r2 = r * r;
  const tail = POWER_TABLE.tail[i]! + r + r2 * (EXP_2 + r * EXP_3) + r2 * r2 * (EXP_4 + r * EXP_5);
  // power * tail exactly, as the sum of product and rest.
  const product = power * tail;
  const scaled = SPLITTER * tail;
  const tailHigh = scaled - (scaled - tail);
  const tailLow = tail - tailHigh;
  const powerHigh = POWER_TABLE.valueHigh[i]!;
  const powerLow = power - powerHigh;
  const rest =
    powerHigh * tailHigh - product + powerHigh * tailLow + powerLow * tailHigh + powerLow * tailLow;
  const sum = power + product;
  const value = sum + (power - sum + product + rest);
  // Multiply by a power of two through its bits.
  halves[0] = 0;
  halves[1] = ((k >> 7) + 1023) << 20;
  return value * double[0]!;
}

/**
 * The natural logarithm, the double nearest to it in 9999 of 10000 cases.
 *
 * x = 2ᵏ c (1 + r) with c = i/64 near the fraction; log(1 + r) by its series, of which the terms up to r² are
 * computed in twice the precision. Source: P.-T. P. Tang, "Table-driven implementation of the logarithm function",
 * ACM TOMS 16(4), 1990.
 */
export function log(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) return Math.log(x);
  double[0] = x;
  let k = (halves[1]! >>> 20) - 1023;
  halves[1] = (halves[1]! & 0xfffff) | 0x3ff00000;
  let fraction = double[0];
  if (fraction > Math.SQRT2) {
    fraction /= 2;
    k++;
  }
  const i = Math.round(fraction * LOG_TABLE_SIZE);
  const c = i / LOG_TABLE_SIZE;
  const difference = fraction - c;
  const r = difference / c;
  const scaled = SPLITTER * r;
  const rHigh = scaled - (scaled - r);
  const rLow = r - rHigh;
  // What the rounding of the quotient lost.
  const rRest = (difference - rHigh * c - rLow * c) / c;
  const square = r * r;
  const squareRest = rHigh * rHigh - square + 2 * rHigh * rLow + rLow * rLow + 2 * r * rRest;
  const series =
    r *
    square *
    (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7 - r * (1 / 8 - r * (1 / 9 - r / 10)))))));
  // Large terms first; what each addition loses goes to the small ones.
  const whole = k * LN2.high;
  const first = whole + LOG_TABLE.high[i]!;
  const firstRest = LOG_TABLE.high[i]! - (first - whole) + (whole - (first - (first - whole)));
  const second = first + r;
  const secondRest = r - (second - first) + (first - (second - (second - first)));
  const third = second - square / 2;
  const thirdRest = -square / 2 - (third - second) + (second - (third - (third - second)));
  const small = k * LN2.low + LOG_TABLE.low[i]! + rRest - squareRest / 2 + firstRest + secondRest + thirdRest;
  return third + (small + series);
}

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
/** Coefficients of (log(1 + f) - 2s) / s in s², s = f / (2 + f); the first is of s². */
const L1 = 6.66666666666673513e-1;
const L2 = 3.999999999940941908e-1;
const L3 = 2.857142874366239149e-1;
const L4 = 2.222219843214978396e-1;
const L5 = 1.818357216161805012e-1;
const L6 = 1.531383769920937332e-1;
const L7 = 1.479819860511658591e-1;

/**
 * log(1 + x), below 1 ulp from the exact value.
 *
 * Source of the method and its coefficients: fdlibm's `s_log1p.c`; see the notice in `erf.ts`. The polynomial is
 * evaluated in pairs of terms with a fused first one, whose rounding is the C library's.
 */
export function log1p(x: number): number {
  if (!(x > -1 && x < 2 ** 53) || Math.abs(x) < 2 ** -29) return Math.log1p(x);
  let k = 0;
  let f = x;
  let correction = 0;
  if (x <= -0.2928932309150696 || x >= 0.41421318054199219) {
    const u = 1 + x;
    double[0] = u;
    k = (halves[1]! >>> 20) - 1023;
    correction = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
    const fractionBits = halves[1]! & 0xfffff;
    const isLower = fractionBits < 0x6a09e;
    if (!isLower) k++;
    halves[1] = fractionBits | (isLower ? 0x3ff00000 : 0x3fe00000);
    f = double[0] - 1;
    if (Math.abs(f) < 2 ** -20) return logOfPowerOfTwo(k, f, correction);
  }
  const halfSquare = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  const rest = fusedMultiplyAdd(z, L1, z2 * (L2 + z * L3)) + z4 * (L4 + z * L5) + z4 * z2 * (L6 + z * L7);
  if (k === 0) return f - (halfSquare - s * (halfSquare + rest));
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + rest) + (k * LN2_LOW + correction)) - f);
}

/** log(2ᵏ (1 + f)) for a tiny f. */
function logOfPowerOfTwo(k: number, f: number, correction: number): number {
  const low = k * LN2_LOW + correction;
  if (f === 0) return k * LN2_HIGH + low;
  const rest = 0.5 * f * f * (1 - (2 / 3) * f);
  return k * LN2_HIGH - (rest - low - f);
}

/** ab + c with one rounding, but for cases of one in 2⁴⁰. */
function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const scaledA = SPLITTER * a;
  const aHigh = scaledA - (scaledA - a);
  const aLow = a - aHigh;
  const scaledB = SPLITTER * b;
  const bHigh = scaledB - (scaledB - b);
  const bLow = b - bHigh;
  const productRest = aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
  const sum = product + c;
  const added = sum - product;
  return sum + (product - (sum - added) + (c - added) + productRest);
}
