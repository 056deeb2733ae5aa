import { log } from './elementary.ts';
import { erf, erfc, smallErf } from './erf.ts';

/** Half the width of the interval in which {@link inverseLogNdtr} looks. */
const SEARCH_RADIUS = 100;
const MAX_BISECTIONS = 100;
const MAX_NEWTON_STEPS = 30;
/** A step of Newton's method of this share of x is the last one: the next would be of the order of its square. */
const SETTLED = 1e-7;
const LOG_HALF = -Math.LN2;
const SQRT_2PI = Math.sqrt(2 * Math.PI);

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
 * method would end elsewhere than Optuna does. Only where the answer of a step is certain, because the middle is far
 * from the solution for the precision of doubles, the function is not computed.
 */
export function inverseLogNdtr(y: number): number {
  let low = -SEARCH_RADIUS;
  let high = SEARCH_RADIUS;
  if (logNdtr(low) > y) {
    low = SEARCH_RADIUS;
    high = -SEARCH_RADIUS;
  }
  const { certainlyBelow, certainlyAbove } = bracketSolution(y);
  for (let i = 0; i < MAX_BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (low === middle || high === middle) return middle;
    if (middle <= certainlyBelow || (middle < certainlyAbove && logNdtr(middle) < y)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Bounds of the solution of logNdtr(x) = y, by Newton's method. The function is concave, so that the iterates rise to
 * the solution from a start below it. The bounds are infinite where the method does not settle.
 */
function bracketSolution(y: number): { readonly certainlyBelow: number; readonly certainlyAbove: number } {
  // Φ(x) <= e^(-x²/2) / 2 for x <= 0, so that this start is below.
  let x = y < LOG_HALF ? -Math.sqrt(-2 * y) : 0;
  for (let i = 0; i < MAX_NEWTON_STEPS; i++) {
    const value = logNdtr(x);
    // The derivative of log Φ is φ / Φ.
    const slope = Math.exp(-0.5 * x * x - value) / SQRT_2PI;
    const step = (y - value) / slope;
    x += step;
    const scale = Math.max(1, Math.abs(x));
    if (Math.abs(step) < SETTLED * scale) {
      // What the next step would be, and what rounding makes of x and of the function.
      const next = step * step * scale;
      const margin = next + 8 * Number.EPSILON * scale + (64 * Number.EPSILON * (1 + Math.abs(y))) / slope;
      if (margin < 1e-3) return { certainlyBelow: x - margin, certainlyAbove: x + margin };
    }
  }
  return { certainlyBelow: -Infinity, certainlyAbove: Infinity };
}
