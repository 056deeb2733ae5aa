/**
 * A percentile that leaves NaN out, as `numpy.nanpercentile` with linear interpolation gives it (numpy 1.24).
 *
 * Interpolating next to an infinity gives NaN where numpy does.
 *
 * @param percentile 0 to 100.
 * @returns NaN where there is no number.
 */
export function nanPercentile(values: readonly number[], percentile: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => (a < b ? -1 : Number(a > b)));
  const last = sorted.length - 1;
  if (last < 0) return Number.NaN;
  const position = last * (percentile / 100);
  const below = Math.min(Math.floor(position), last);
  const lower = sorted[below] ?? Number.NaN;
  const upper = sorted[Math.min(below + 1, last)] ?? Number.NaN;
  const fraction = position - below;
  const difference = upper - lower;
  return fraction >= 0.5 ? upper - difference * (1 - fraction) : lower + difference * fraction;
}
