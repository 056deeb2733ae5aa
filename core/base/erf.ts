/**
 * The error function and its complement by rational approximations on five ranges of |x|.
 *
 * Source of the method and its coefficients: fdlibm's `s_erf.c`, with this notice:
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this
 * notice is preserved.
 */

/** erf(1) cut to few bits, the middle of the second range. */
const ERF_ONE = 8.45062911510467529297e-1;
/** 2/√π - 1. */
const TWO_OVER_SQRT_PI_LESS_ONE = 1.28379167095512586316e-1;
/** Where the second, third and fourth range begin; |x| below 2⁻²⁸ is handled apart. */
const SECOND = 0.84375;
const THIRD = 1.25;
const FOURTH = 1 / 0.35;
const TINY = 2 ** -28;

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);

/** (erf(x) - x) / x below {@link SECOND}; `z` is x². */
function firstRange(z: number): number {
  const p =
    1.28379167095512558561e-1 +
    z *
      (-3.2504210724700149937e-1 +
        z * (-2.84817495755985104766e-2 + z * (-5.77027029648944159157e-3 + z * -2.37630166566501626084e-5)));
  const q =
    1 +
    z *
      (3.97917223959155352819e-1 +
        z *
          (6.50222499887672944485e-2 +
            z *
              (5.08130628187576562776e-3 + z * (1.32494738004321644526e-4 + z * -3.9602282787753681232e-6))));
  return p / q;
}

/** erf(|x|) - {@link ERF_ONE} below {@link THIRD}; `s` is |x| - 1. */
function secondRange(s: number): number {
  const p =
    -2.36211856075265944077e-3 +
    s *
      (4.14856118683748331666e-1 +
        s *
          (-3.72207876035701323847e-1 +
            s *
              (3.18346619901161753674e-1 +
                s *
                  (-1.10894694282396677476e-1 +
                    s * (3.54783043256182359371e-2 + s * -2.166375594868790843e-3)))));
  const q =
    1 +
    s *
      (1.06420880400844228286e-1 +
        s *
          (5.40397917702171048937e-1 +
            s *
              (7.18286544141962662868e-2 +
                s *
                  (1.26171219808761642112e-1 +
                    s * (1.36370839120290507362e-2 + s * 1.1984499846799107417e-2)))));
  return p / q;
}

/** The correction in erfc's exponent below {@link FOURTH}; `s` is 1/x². */
function thirdRange(s: number): number {
  const r =
    -9.86494403484714822705e-3 +
    s *
      (-6.93858572707181764372e-1 +
        s *
          (-1.05586262253232909814e1 +
            s *
              (-6.23753324503260060396e1 +
                s *
                  (-1.62396669462573470355e2 +
                    s *
                      (-1.84605092906711035994e2 +
                        s * (-8.12874355063065934246e1 + s * -9.81432934416914548592))))));
  const t =
    1 +
    s *
      (1.96512716674392571292e1 +
        s *
          (1.376577541435190426e2 +
            s *
              (4.34565877475229228821e2 +
                s *
                  (6.45387271733267880336e2 +
                    s *
                      (4.29008140027567833386e2 +
                        s *
                          (1.08635005541779435134e2 +
                            s * (6.57024977031928170135 + s * -6.04244152148580987438e-2)))))));
  return r / t;
}

/** The same from {@link FOURTH} on. */
function fourthRange(s: number): number {
  const r =
    -9.86494292470009928597e-3 +
    s *
      (-7.99283237680523006574e-1 +
        s *
          (-1.77579549177547519889e1 +
            s *
              (-1.60636384855821916062e2 +
                s *
                  (-6.37566443368389627722e2 +
                    s * (-1.02509513161107724954e3 + s * -4.83519191608651397019e2)))));
  const t =
    1 +
    s *
      (3.03380607434824582924e1 +
        s *
          (3.25792512996573918826e2 +
            s *
              (1.53672958608443695994e3 +
                s *
                  (3.19985821950859553908e3 +
                    s *
                      (2.55305040643316442583e3 +
                        s * (4.74528541206955367215e2 + s * -2.24409524465858183362e1))))));
  return r / t;
}

/**
 * erf(x) to about 1e-15, with the exponent of the outer ranges computed in one piece.
 *
 * Optuna's TPE uses this rounding in the mass of central intervals, so seed parity asks for it.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < TINY) return x + TWO_OVER_SQRT_PI_LESS_ONE * x;
  if (a < SECOND) return x + x * firstRange(x * x);
  if (a < THIRD) return Math.sign(x) * (ERF_ONE + secondRange(a - 1));
  if (a >= 6) return Math.sign(x);
  const s = 1 / (a * a);
  const correction = a < FOURTH ? thirdRange(s) : fourthRange(s);
  const tail = Math.exp(-a * a - 0.5625) * Math.exp(correction);
  // NaN passes every comparison above and comes out here.
  return (1 - tail / a) * Math.sign(x);
}

/** erfc(x) = 1 - erf(x), accurate in the upper tail too (below 1 ulp as in C libraries). */
export function erfc(x: number): number {
  const a = Math.abs(x);
  if (a < SECOND) {
    if (a < 2 ** -56) return 1 - x;
    const y = firstRange(x * x);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
  }
  if (a < THIRD) {
    const p = secondRange(a - 1);
    return x >= 0 ? 1 - ERF_ONE - p : 1 + (ERF_ONE + p);
  }
  if (a >= 28) return x > 0 ? 0 : 2;
  if (x <= -6) return 2;
  const s = 1 / (a * a);
  const correction = a < FOURTH ? thirdRange(s) : fourthRange(s);
  // exp(-a²) in two factors: a with its lower half cleared has an exact square.
  word[0] = a;
  halves[0] = 0;
  const head = word[0];
  const tail = (Math.exp(-head * head - 0.5625) * Math.exp((head - a) * (head + a) + correction)) / a;
  return x > 0 ? tail : 2 - tail;
}
