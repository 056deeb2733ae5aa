import { exp, log, log1p } from '../../base/elementary.ts';
import { inverseLogNdtr, logNdtr, ndtr } from '../../base/normal-distribution.ts';

const LOG_SQRT_2PI = log(Math.sqrt(2 * Math.PI));

/** Logarithm of the standard normal density at `z`. */
export function normalLogPdf(z: number): number {
  return -(z * z) / 2 - LOG_SQRT_2PI;
}

/** log(eᵃ + eᵇ). numpy: `logaddexp`. */
export function logAddExp(a: number, b: number): number {
  if (a === b) return a + Math.LN2;
  const difference = a - b;
  return difference > 0 ? a + log1p(exp(-difference)) : b + log1p(exp(difference));
}

/** log(eᵃ - eᵇ) for a above b. */
function logSubtractExp(a: number, b: number): number {
  return a + log1p(-exp(b - a));
}

/**
 * Logarithm of the standard normal mass between `a` and `b`, with a ≤ b.
 *
 * An interval on one side of 0 is measured from its own tail, so that nothing cancels; a central one by what it
 * leaves out. Source: the case distinction of SciPy's `truncnorm`.
 */
export function logGaussMass(a: number, b: number): number {
  if (b <= 0) return logSubtractExp(logNdtr(b), logNdtr(a));
  if (a > 0) return logSubtractExp(logNdtr(-a), logNdtr(-b));
  return log1p(-ndtr(a) - ndtr(-b));
}

/**
 * The point below which a share `q` of the standard normal mass between `a` and `b` lies; `q` in [0, 1).
 *
 * Computed in logarithms from the nearer tail: Φ(x) = Φ(a) + q (Φ(b) - Φ(a)).
 */
export function truncatedNormalQuantile(q: number, a: number, b: number): number {
  if (a === b) return NaN;
  if (q === 0) return a;
  if (a < 0) return inverseLogNdtr(logAddExp(logNdtr(a), log(q) + logGaussMass(a, b)));
  return -inverseLogNdtr(logAddExp(logNdtr(-b), log1p(-q) + logGaussMass(a, b)));
}
