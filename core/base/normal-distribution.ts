import { log } from './elementary.ts';
import { erf, erfc, smallErf } from './erf.ts';

/** Half the width of the interval in which {@link inverseLogNdtr} looks. */
const SEARCH_RADIUS = 100;
const MAX_BISECTIONS = 100;

/** Probability that a standard normal number is below `x`; absolute error about 1e-16, none in the far tail. */
export function ndtr(x: number): number {
  return 0.5 + 0.5 * erf(x / Math.SQRT2);
}

/** The same with a small relative error in the lower tail. */
function accurateNdtr(x: number): number {
  const t = x / Math.SQRT2;
  if (t < -1 / Math.SQRT2) return 0.5 * erfc(-t);
  if (t < 1 / Math.SQRT2) return 0.5 + 0.5 * smallErf(t);
  return 1 - 0.5 * erfc(t);
}

/**
 * Logarithm of the probability that a standard normal number is below `x`.
 *
 * Source: for x > 6, log(1 - q) ≈ -q; from there to -20 the logarithm of Φ; below -20 the asymptotic series of
 * Mills' ratio (Abramowitz and Stegun 26.2.12), as in SciPy and Optuna.
 */
export function logNdtr(x: number): number {
  if (x > 6) return -accurateNdtr(-x);
  if (x > -20) return log(accurateNdtr(x));
  const squareInverse = 1 / (x * x);
  let series = 1;
  let previous = 0;
  let numerator = 1;
  let power = 1;
  let sign = 1;
  for (let i = 1; Math.abs(previous - series) > Number.EPSILON; i++) {
    previous = series;
    sign = -sign;
    power *= squareInverse;
    numerator *= 2 * i - 1;
    series += sign * numerator * power;
  }
  const lead = -0.5 * (x * x) - log(-x) - 0.5 * log(2 * Math.PI);
  return lead + log(series);
}

/**
 * The x in [-100, 100] with {@link logNdtr}(x) = y, by bisection down to neighbouring doubles.
 *
 * The path of the bisection is part of the result: where the function is flat at the scale of doubles, another
 * method would end elsewhere than Optuna does.
 */
export function inverseLogNdtr(y: number): number {
  let low = -SEARCH_RADIUS;
  let high = SEARCH_RADIUS;
  if (logNdtr(low) > y) {
    low = SEARCH_RADIUS;
    high = -SEARCH_RADIUS;
  }
  for (let i = 0; i < MAX_BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (low === middle || high === middle) return middle;
    if (logNdtr(middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
