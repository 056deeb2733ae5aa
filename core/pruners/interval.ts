/**
 * True where `step` is the first reported step of its interval, so that an interval is checked once, also where
 * its first step was left out.
 *
 * @param reportedSteps every reported step, `step` among them.
 * @param nWarmupSteps the first interval begins here; not above `step`.
 */
export function isFirstInInterval(
  step: number,
  reportedSteps: Iterable<number>,
  nWarmupSteps: number,
  intervalSteps: number,
): boolean {
  const intervalStart = Math.floor((step - nWarmupSteps) / intervalSteps) * intervalSteps + nWarmupSteps;
  for (const other of reportedSteps) {
    if (other !== step && other >= intervalStart) return false;
  }
  return true;
}
