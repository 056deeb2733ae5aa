/**
 * Exact arithmetic on the shortest decimal form of doubles, as Optuna does it with Python's `decimal`:
 * 0.3 counts as three tenths, so that 0.9 is divisible by it.
 */

/** Three numbers as whole multiples of one power of ten. */
interface Scaled {
  readonly low: bigint;
  readonly high: bigint;
  readonly step: bigint;
  /** The numbers are these integers times 10 to this power. */
  readonly exponent: number;
}

/**
 * The largest `low + k * step` that is not above `high`.
 *
 * @param high finite, as are `low` and `step`; not below `low`.
 */
export function alignHighToGrid(low: number, high: number, step: number): number {
  const scaled = scale(low, high, step);
  const steps = (scaled.high - scaled.low) / scaled.step;
  if (steps * scaled.step === scaled.high - scaled.low) return high;
  return Number(`${scaled.low + steps * scaled.step}e${scaled.exponent}`);
}

/** How many values `low`, `low + step` … lie in the range, both ends included. All arguments finite. */
export function countGridPoints(low: number, high: number, step: number): number {
  const scaled = scale(low, high, step);
  return Number((scaled.high - scaled.low) / scaled.step) + 1;
}

function scale(low: number, high: number, step: number): Scaled {
  const parts = [low, high, step].map(toDecimal);
  const exponent = Math.min(...parts.map((part) => part.exponent));
  const [scaledLow = 0n, scaledHigh = 0n, scaledStep = 1n] = parts.map(
    (part) => part.digits * 10n ** BigInt(part.exponent - exponent),
  );
  return { low: scaledLow, high: scaledHigh, step: scaledStep, exponent };
}

function toDecimal(value: number): { digits: bigint; exponent: number } {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}
