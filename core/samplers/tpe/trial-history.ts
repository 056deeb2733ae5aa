import { log } from '../../base/elementary.ts';
import type { Distribution } from '../../distributions/base.ts';
import type { FrozenTrial } from '../../study/frozen-trial.ts';

/**
 * The observed values of one parameter, by trial number: internal values, or their logarithms for a log range.
 * NaN where the trial does not have the parameter.
 */
interface Column {
  readonly paramName: string;
  readonly distribution: Distribution;
  values: Float64Array;
}

/**
 * What a TPE sampler knows of the trials, read once from each: trials are immutable, so one that was seen before
 * need not be read again. This keeps a suggestion from touching thousands of parameter objects.
 */
export class TrialHistory {
  /** The trials that count at the moment, by number. */
  trials: readonly FrozenTrial[] = [];
  /** How many of them are COMPLETE or PRUNED. */
  nFinished = 0;
  /** Grows whenever {@link trials} changes. */
  version = 0;

  /** The array of the latest {@link sync}: a snapshot, so that the same array holds the same trials. */
  #snapshot: readonly FrozenTrial[] | null = null;
  /** Every trial ever read, at its number. */
  readonly #read: (FrozenTrial | undefined)[] = [];
  readonly #columns = new Map<string, Column>();

  /** Take in the trials of a context; those that are neither COMPLETE nor PRUNED (nor RUNNING) do not count. */
  sync(trials: readonly FrozenTrial[], includeRunning: boolean): void {
    if (trials === this.#snapshot) return;
    this.#snapshot = trials;
    const previous = this.trials;
    let same = 0;
    let counted = 0;
    let fresh: FrozenTrial[] | null = null;
    for (const trial of trials) {
      const running = trial.state === 'RUNNING';
      if (!(trial.state === 'COMPLETE' || trial.state === 'PRUNED' || (running && includeRunning))) continue;
      if (fresh === null && previous[counted] === trial) same++;
      else (fresh ??= previous.slice(0, same)).push(trial);
      counted++;
      // A running trial may be the one that suggestions are made for; it is read again each time.
      if (running || this.#read[trial.number] !== trial) this.#readTrial(trial);
    }
    if (fresh === null && counted === previous.length) return;
    this.trials = fresh ?? previous.slice(0, counted);
    this.nFinished = this.trials.reduce((n, trial) => n + (trial.state === 'RUNNING' ? 0 : 1), 0);
    this.version++;
  }

  /** The observed values of a parameter by trial number, NaN where there is none; read only. */
  column(paramName: string, distribution: Distribution): Float64Array {
    const key = `${columnKind(distribution)} ${paramName}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = { paramName, distribution, values: new Float64Array(0) };
      this.#columns.set(key, column);
      for (const trial of this.#read) if (trial !== undefined) write(column, trial);
    }
    return column.values;
  }

  #readTrial(trial: FrozenTrial): void {
    this.#read[trial.number] = trial;
    for (const column of this.#columns.values()) write(column, trial);
  }
}

/** Observations of ranges of the same kind share a column, whatever their bounds. */
function columnKind(distribution: Distribution): string {
  if (distribution.name === 'CategoricalDistribution') return `${distribution.choices.length} choices`;
  return distribution.log ? 'log' : 'linear';
}

function write(column: Column, trial: FrozenTrial): void {
  if (trial.number >= column.values.length) {
    const longer = new Float64Array(Math.max(64, 2 * (trial.number + 1))).fill(NaN);
    longer.set(column.values);
    column.values = longer;
  }
  column.values[trial.number] = observe(column, trial);
}

/**
 * Differs from Optuna: an observation that the asked range cannot hold (of another kind, or not above 0 for a log
 * range) counts as missing; Optuna goes on to compute NaN from it and fails.
 */
function observe({ paramName, distribution }: Column, trial: FrozenTrial): number {
  const value = trial.params[paramName];
  const own = trial.distributions.get(paramName);
  if (value === undefined || own === undefined) return NaN;
  const isChoice = distribution.name === 'CategoricalDistribution';
  if (isChoice !== (own.name === 'CategoricalDistribution')) return NaN;
  const internal = own.toInternalRepr(value);
  if (isChoice) return internal < distribution.choices.length ? internal : NaN;
  if (!distribution.log) return internal;
  return internal > 0 ? log(internal) : NaN;
}
