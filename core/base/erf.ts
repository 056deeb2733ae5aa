import { exp } from './elementary.ts';

/*
 * The error function and its complement by rational approximations on five ranges of |x|.
 *
 * Source of the method and its coefficients: fdlibm's `s_erf.c`, with this notice:
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this
 * notice is preserved.
 *
 * There are two of each kind of rounding: Optuna's TPE measures central intervals with an error function of its own,
 * written in numpy, and tails with the C library's.
 */

/** Coefficients of a quotient of polynomials, lowest power first. */
interface Rational {
  readonly numerator: readonly number[];
  readonly denominator: readonly number[];
}

/** (erf(x) - x) / x in x², for |x| below {@link SECOND}. */
const FIRST_RANGE: Rational = {
  numerator: [
    1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2,
    -5.77027029648944159157e-3, -2.37630166566501626084e-5,
  ],
  denominator: [
    1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3,
    1.32494738004321644526e-4, -3.9602282787753681232e-6,
  ],
};

/** erf(|x|) - {@link ERF_ONE} in |x| - 1, for |x| below {@link THIRD}. */
const SECOND_RANGE: Rational = {
  numerator: [
    -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1,
    3.18346619901161753674e-1, -1.10894694282396677476e-1, 3.54783043256182359371e-2,
    -2.166375594868790843e-3,
  ],
  denominator: [
    1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2,
    1.26171219808761642112e-1, 1.36370839120290507362e-2, 1.1984499846799107417e-2,
  ],
};

/** log(x erfc(x)) + x² + 0.5625 in 1/x², for |x| below 1/0.35. */
const THIRD_RANGE: Rational = {
  numerator: [
    -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1,
    -6.23753324503260060396e1, -1.62396669462573470355e2, -1.84605092906711035994e2,
    -8.12874355063065934246e1, -9.81432934416914548592,
  ],
  denominator: [
    1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
    4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2,
  ],
};

/** The same from there on. */
const FOURTH_RANGE: Rational = {
  numerator: [
    -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1,
    -1.60636384855821916062e2, -6.37566443368389627722e2, -1.02509513161107724954e3,
    -4.83519191608651397019e2,
  ],
  denominator: [
    1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
    2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1,
  ],
};

/** erf(1) cut to few bits. */
const ERF_ONE = 8.45062911510467529297e-1;
/** 2/√π - 1. */
const TWO_OVER_SQRT_PI_LESS_ONE = 1.28379167095512586316e-1;
const SECOND = 0.84375;
const THIRD = 1.25;

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);

/** The quotient with both polynomials from the highest power down, as numpy evaluates them. */
function horner({ numerator, denominator }: Rational, x: number): number {
  let p = numerator[numerator.length - 1]!;
  for (let i = numerator.length - 2; i >= 0; i--) p = numerator[i]! + p * x;
  let q = denominator[denominator.length - 1]!;
  for (let i = denominator.length - 2; i >= 0; i--) q = denominator[i]! + q * x;
  return p / q;
}

/** The quotient with both polynomials in pairs of terms from the lowest power up, as the C library evaluates them. */
function pairwise({ numerator, denominator }: Rational, x: number): number {
  return sumOfPairs(numerator, x) / sumOfPairs(denominator, x);
}

function sumOfPairs(c: readonly number[], x: number): number {
  const x2 = x * x;
  const x4 = x2 * x2;
  let sum = c[0]! + x * c[1]! + x2 * (c[2]! + x * c[3]!);
  if (c.length === 5) return sum + x4 * c[4]!;
  sum += x4 * (c[4]! + x * c[5]!);
  if (c.length === 7) return sum + x4 * x2 * c[6]!;
  if (c.length > 7) sum += x4 * x2 * (c[6]! + x * c[7]!);
  return c.length === 9 ? sum + x4 * x4 * c[8]! : sum;
}

/** erf(x) to about 1e-15, rounded as in Optuna's TPE. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2 ** -28) return x + TWO_OVER_SQRT_PI_LESS_ONE * x;
  if (a < SECOND) return x + x * horner(FIRST_RANGE, x * x);
  if (a < THIRD) return Math.sign(x) * (ERF_ONE + horner(SECOND_RANGE, a - 1));
  if (a >= 6) return Math.sign(x);
  const correction = horner(a < 1 / 0.35 ? THIRD_RANGE : FOURTH_RANGE, 1 / (a * a));
  // NaN passes every comparison above and comes out here.
  return (1 - (exp(-a * a - 0.5625) * exp(correction)) / a) * Math.sign(x);
}

/** erf(x) for |x| < 0.84375, rounded as in the C library. */
export function smallErf(x: number): number {
  return x + x * pairwise(FIRST_RANGE, x * x);
}

/** erfc(x) = 1 - erf(x), accurate in the upper tail too and rounded as in the C library. */
export function erfc(x: number): number {
  const a = Math.abs(x);
  if (a < SECOND) {
    if (a < 2 ** -56) return 1 - x;
    const y = pairwise(FIRST_RANGE, x * x);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x * y + (x - 0.5));
  }
  if (a < THIRD) {
    const y = pairwise(SECOND_RANGE, a - 1);
    return x >= 0 ? 1 - ERF_ONE - y : 1 + (ERF_ONE + y);
  }
  if (a >= 28) return x > 0 ? 0 : 2;
  if (x <= -6) return 2;
  const correction = pairwise(a < 2.8571414947509766 ? THIRD_RANGE : FOURTH_RANGE, 1 / (a * a));
  // exp(-a²) in two factors: a with its lower half cleared has an exact square.
  word[0] = a;
  halves[0] = 0;
  const head = word[0];
  const tail = (exp(-head * head - 0.5625) * exp((head - a) * (head + a) + correction)) / a;
  return x > 0 ? tail : 2 - tail;
}
