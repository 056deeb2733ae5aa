import { log } from '../../base/elementary.ts';
import type { FloatDistribution } from '../../distributions/float-distribution.ts';
import type { IntDistribution } from '../../distributions/int-distribution.ts';

/** A numerical range on the axis on which its kernels live: the logarithm's for log ranges. */
export interface NumericalRange {
  readonly low: number;
  readonly high: number;
  /** Distance of the allowed values on that axis; null where every value is allowed. */
  readonly step: number | null;
  /** The ends of the allowed values' surroundings: half a step beyond `low` and `high`. */
  readonly lowEdge: number;
  readonly highEdge: number;
  /** high - low + step. */
  readonly width: number;
  /** The middle of the range, where the prior's kernel stands. */
  readonly middle: number;
}

/**
 * The axis of a range. Integers in a log range count as continuous there, from log(low - ½) to log(high + ½), and
 * are rounded after they are drawn.
 */
export function numericalRange(distribution: FloatDistribution | IntDistribution): NumericalRange {
  if (!distribution.log) return rangeOf(distribution.low, distribution.high, distribution.step);
  const half = (distribution.step ?? 0) / 2;
  return rangeOf(log(distribution.low - half), log(distribution.high + half), null);
}

function rangeOf(low: number, high: number, step: number | null): NumericalRange {
  const half = (step ?? 0) / 2;
  return {
    low,
    high,
    step,
    lowEdge: low - half,
    highEdge: high + half,
    width: high - low + (step ?? 0),
    middle: 0.5 * (low + high),
  };
}
