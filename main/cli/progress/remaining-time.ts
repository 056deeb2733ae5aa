/** Range of the time that a study still needs. */
export interface RemainingTime {
  readonly lowMs: number;
  readonly highMs: number;
}

/** What {@link estimateRemainingTime} goes by. */
export interface RemainingTimeInput {
  /** Durations of the trials that ended unpruned. */
  readonly completeMs: readonly number[];
  /** Durations of the trials that were pruned. */
  readonly prunedMs: readonly number[];
  /** How long each running trial has been running. */
  readonly runningMs: readonly number[];
  /** Trials that are neither finished nor running. */
  readonly notStarted: number;
  readonly jobs: number;
  /** Trials that must be complete before any is pruned; null where nothing is ever pruned. */
  readonly pruningStartsAfter: number | null;
}

/** Fewer finished trials tell nothing worth showing. */
const MIN_FINISHED = 3;
/** Standard normal quantile of a range that holds in four of five cases. */
const Z = 1.28;
/** Length of a pruned trial as a share of a complete one, until one was seen. */
const ASSUMED_PRUNED_SHARE = 0.25;
/** What a trial that has outlasted every other is thought to need still, as a share of what it has had. */
const OVERTIME_SHARE = 0.25;

/**
 * A range for the remaining time that holds in about four of five cases, or null while fewer than three trials
 * have finished.
 *
 * A trial's expected length is that of complete and of pruned trials, weighed by the share that is pruned. That
 * share is itself uncertain: its range is the one of a Beta(pruned + 1, unpruned + 1) distribution over the trials
 * that could have been pruned, so that a study whose first trials are never pruned does not promise the time of
 * an unpruned one. The spread of lengths widens the range further.
 */
export function estimateRemainingTime(input: RemainingTimeInput): RemainingTime | null {
  const finished = input.completeMs.length + input.prunedMs.length;
  if (finished < MIN_FINISHED) return null;

  const completeMs = mean(input.completeMs) ?? mean(input.prunedMs) ?? 0;
  const prunedMs = mean(input.prunedMs) ?? completeMs * ASSUMED_PRUNED_SHARE;
  const [fewPruned, manyPruned] = prunedShare(input);
  const shortMs = manyPruned * prunedMs + (1 - manyPruned) * completeMs;
  const longMs = fewPruned * prunedMs + (1 - fewPruned) * completeMs;

  const all = [...input.completeMs, ...input.prunedMs];
  const running = input.runningMs.map((elapsedMs) => expectedRest(elapsedMs, all));
  const runningMs = running.reduce((sum, ms) => sum + ms, 0);
  const trials = input.notStarted + input.runningMs.length;
  const spread = Math.exp(Z * relativeSpread(input, trials));
  // Work is divided among the jobs, except that the last trials to end leave the other jobs idle.
  const idleMs = ((input.jobs - 1) / input.jobs) * (trials > 0 ? longMs / 2 : 0);
  return {
    lowMs: Math.max((runningMs + input.notStarted * shortMs) / input.jobs / spread, 0),
    highMs: Math.max(((runningMs + input.notStarted * longMs) / input.jobs) * spread + idleMs, ...running, 0),
  };
}

/** Low and high end of the share of trials that will be pruned. */
function prunedShare(input: RemainingTimeInput): [number, number] {
  if (input.pruningStartsAfter === null) return [0, 0];
  const pruned = input.prunedMs.length;
  const unpruned = Math.max(input.completeMs.length - input.pruningStartsAfter, 0);
  const total = pruned + unpruned + 2;
  const share = (pruned + 1) / total;
  const deviation = Math.sqrt((share * (1 - share)) / (total + 1));
  return [Math.max(share - Z * deviation, 0), Math.min(share + Z * deviation, 1)];
}

/** Mean of what longer trials took beyond `elapsedMs`. */
function expectedRest(elapsedMs: number, durationsMs: readonly number[]): number {
  const longer = durationsMs.filter((durationMs) => durationMs > elapsedMs);
  const longerMs = mean(longer);
  return longerMs === null ? elapsedMs * OVERTIME_SHARE : longerMs - elapsedMs;
}

/** Standard deviation of the sum of `trials` further lengths over that sum, within each kind of trial. */
function relativeSpread(input: RemainingTimeInput, trials: number): number {
  if (trials === 0) return 0;
  const all = [...input.completeMs, ...input.prunedMs];
  const meanMs = mean(all) ?? 0;
  if (meanMs === 0) return 0;
  const squares = [input.completeMs, input.prunedMs].flatMap((durations) => {
    const center = mean(durations) ?? 0;
    return durations.map((durationMs) => (durationMs - center) ** 2);
  });
  const deviation = Math.sqrt((mean(squares) ?? 0) * (all.length / (all.length - 1)));
  // Of the trials to come, and of the mean that is known from only so many.
  return (deviation / meanMs) * Math.sqrt(1 / trials + 1 / all.length);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A range in one unit: `3 to 5 min left`, `about 2 h left`, `under 10 s left`.
 *
 * Rounded outwards, to what a reader can use.
 */
export function formatRemainingTime(remaining: RemainingTime): string {
  const { lowMs, highMs } = remaining;
  if (highMs <= 10 * SECOND_MS) return 'under 10 s left';
  if (highMs < 90 * SECOND_MS) return inUnit(lowMs / SECOND_MS, highMs / SECOND_MS, 5, 's');
  if (highMs < 90 * MINUTE_MS) return inUnit(lowMs / MINUTE_MS, highMs / MINUTE_MS, 1, 'min');
  if (highMs < 48 * HOUR_MS)
    return inUnit(lowMs / HOUR_MS, highMs / HOUR_MS, highMs < 10 * HOUR_MS ? 0.5 : 1, 'h');
  return inUnit(lowMs / HOUR_MS / 24, highMs / HOUR_MS / 24, highMs < 240 * HOUR_MS ? 0.5 : 1, 'd');
}

function inUnit(low: number, high: number, roundTo: number, unit: string): string {
  const from = Math.floor(low / roundTo) * roundTo;
  const to = Math.ceil(high / roundTo) * roundTo;
  if (from === 0) return `up to ${to} ${unit} left`;
  return from === to ? `about ${to} ${unit} left` : `${from} to ${to} ${unit} left`;
}
