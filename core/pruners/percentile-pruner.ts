import { InvalidInputError } from '../base/errors.ts';
import { type FrozenTrial, lastStep } from '../study/frozen-trial.ts';
import type { PruneDecision, Pruner, PrunerContext } from './base.ts';
import { isFirstInInterval } from './interval.ts';
import { nanPercentile } from './nan-percentile.ts';
import { formatOrdinal, formatPair } from './reason.ts';

/** When a percentile or median pruner begins, and how often it looks. */
export interface PercentilePrunerOptions {
  /** Nothing is pruned before so many trials are COMPLETE; 5 unless given. */
  readonly nStartupTrials?: number;
  /** Nothing is pruned below this step; 0 unless given. */
  readonly nWarmupSteps?: number;
  /** Check every so many steps, counted from the end of the warm-up; 1 unless given. */
  readonly intervalSteps?: number;
  /** Nothing is pruned at a step that fewer trials have reported; 1 unless given. */
  readonly nMinTrials?: number;
}

/**
 * Prunes a trial whose best value so far is worse than a percentile of what the COMPLETE trials reported at the
 * same step. Optuna: `PercentilePruner`.
 *
 * With percentile 25 the best quarter goes on. A tie goes on. Values are compared as numpy's `nanpercentile`
 * (linear interpolation) gives them, infinities included.
 */
export class PercentilePruner implements Pruner {
  readonly #percentile: number;
  readonly #nStartupTrials: number;
  readonly #nWarmupSteps: number;
  readonly #intervalSteps: number;
  readonly #nMinTrials: number;

  /**
   * @param percentile share of the trials that goes on, 0 to 100.
   * @throws {InvalidInputError} where a number is out of its range.
   */
  constructor(percentile: number, options: PercentilePrunerOptions = {}) {
    const { nStartupTrials = 5, nWarmupSteps = 0, intervalSteps = 1, nMinTrials = 1 } = options;
    if (!(percentile >= 0 && percentile <= 100)) {
      throw new InvalidInputError(
        'percentile',
        `percentile is ${percentile}, but it must lie between 0 and 100.`,
      );
    }
    requireAtLeast('nStartupTrials', nStartupTrials, 0);
    requireAtLeast('nWarmupSteps', nWarmupSteps, 0);
    requireAtLeast('intervalSteps', intervalSteps, 1);
    requireAtLeast('nMinTrials', nMinTrials, 1);
    this.#percentile = percentile;
    this.#nStartupTrials = nStartupTrials;
    this.#nWarmupSteps = nWarmupSteps;
    this.#intervalSteps = intervalSteps;
    this.#nMinTrials = nMinTrials;
  }

  prune(context: PrunerContext, trial: FrozenTrial): PruneDecision {
    const maximize = context.direction === 'maximize';
    const percentile = maximize ? 100 - this.#percentile : this.#percentile;
    const rule = this.ruleName(percentile);
    const step = lastStep(trial);
    const keep = (reason: string): PruneDecision => {
      return { prune: false, rule, step, value: null, threshold: null, nTrials: 0, reason };
    };

    const complete = context.trials.filter((other) => other.state === 'COMPLETE');
    const nNeeded = Math.max(1, this.#nStartupTrials);
    if (complete.length < nNeeded) {
      return keep(`${nNeeded} ${trials(nNeeded)} must be complete first, ${complete.length} are`);
    }
    if (step === null) return keep('nothing has been reported');
    if (step < this.#nWarmupSteps)
      return keep(`step ${step} is before the first check at step ${this.#nWarmupSteps}`);
    if (!isFirstInInterval(step, trial.intermediateValues.keys(), this.#nWarmupSteps, this.#intervalSteps)) {
      return keep(`a check comes only every ${this.#intervalSteps} steps`);
    }

    const value = bestOf(trial.intermediateValues.values(), maximize);
    if (Number.isNaN(value)) {
      return { ...keep('only NaN has been reported'), prune: true, value };
    }
    const history = complete.flatMap((other) => other.intermediateValues.get(step) ?? []);
    if (history.length < this.#nMinTrials) {
      return keep(
        `${history.length} complete ${trials(history.length)} reported step ${step}, ${this.#nMinTrials} must`,
      );
    }
    const threshold = nanPercentile(history, percentile);
    const nTrials = history.filter((other) => !Number.isNaN(other)).length;
    if (Number.isNaN(threshold)) {
      return { ...keep(`the complete trials give no ${rule} at step ${step}`), value, nTrials };
    }
    const prune = maximize ? value < threshold : value > threshold;
    const [valueText, thresholdText] = formatPair(value, threshold);
    const relation = `${prune ? '' : 'not '}${maximize ? 'below' : 'above'}`;
    const reason = `${valueText} is ${relation} the ${rule} ${thresholdText} of ${nTrials} ${trials(nTrials)}`;
    return { prune, rule, step, value, threshold, nTrials, reason };
  }

  /** What people call the rule; `percentile` is the one that is computed, 100 - p where values are maximized. */
  protected ruleName(percentile: number): string {
    return `${formatOrdinal(percentile)} percentile`;
  }
}

/** The best value over all steps; NaN where all are NaN. */
function bestOf(values: Iterable<number>, maximize: boolean): number {
  let best = Number.NaN;
  for (const value of values) {
    if (Number.isNaN(best) || (maximize ? value > best : value < best)) best = value;
  }
  return best;
}

function trials(count: number): string {
  return count === 1 ? 'trial' : 'trials';
}

function requireAtLeast(field: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new InvalidInputError(
      field,
      `${field} is ${value}, but it must be a whole number from ${least} on.`,
    );
  }
}
