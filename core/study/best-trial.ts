import { HoneError, NotFoundError } from '../base/errors.ts';
import { isParetoFront } from '../base/non-domination.ts';
import type { FrozenTrial, StudyDirection } from './frozen-trial.ts';

/** Trial system attribute: the values of the constraints, violated where above 0. */
const CONSTRAINTS_KEY = 'constraints';

/**
 * The best COMPLETE trial, the first of equals. Where it violates a constraint, the best among the feasible ones, to
 * which a trial without recorded constraints does not belong (as in Optuna 4.1).
 *
 * @param trials by number.
 * @throws {HoneError} `multi-objective` where there are several directions.
 * @throws {NotFoundError} where no trial is COMPLETE, or none of them feasible.
 */
export function findBestTrial(
  trials: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
): FrozenTrial {
  const [direction, ...others] = directions;
  if (others.length > 0) {
    throw new HoneError(
      'multi-objective',
      'A study with several objectives has best trials, not a best trial.',
    );
  }
  const complete = trials.filter((trial) => trial.state === 'COMPLETE');
  const best = firstBest(complete, direction === 'maximize');
  if (best === null) throw new NotFoundError('No trials are completed yet.');
  const constraints = constraintsOf(best);
  if (constraints === null || constraints.every((value) => value <= 0)) return best;
  const bestFeasible = firstBest(complete.filter(isFeasible), direction === 'maximize');
  if (bestFeasible === null) throw new NotFoundError('No feasible trials are completed yet.');
  return bestFeasible;
}

/**
 * The COMPLETE trials that no other dominates, by number. As soon as one trial has recorded constraints, only
 * feasible ones count.
 *
 * @param trials by number.
 */
export function findBestTrials(
  trials: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
): FrozenTrial[] {
  const constrained = trials.some((trial) => constraintsOf(trial) !== null);
  const candidates = trials.filter(
    (trial) => trial.state === 'COMPLETE' && (!constrained || isFeasible(trial)),
  );
  const losses = candidates.map(({ values }) =>
    (values ?? []).map((value, objective) => (directions[objective] === 'maximize' ? -value : value)),
  );
  const onFront = isParetoFront(losses);
  return candidates.filter((_, index) => onFront[index]);
}

function isFeasible(trial: FrozenTrial): boolean {
  return constraintsOf(trial)?.every((value) => value <= 0) ?? false;
}

function constraintsOf(trial: FrozenTrial): readonly number[] | null {
  const constraints = trial.systemAttrs[CONSTRAINTS_KEY];
  return Array.isArray(constraints) ? (constraints as number[]) : null;
}

function firstBest(trials: readonly FrozenTrial[], maximize: boolean): FrozenTrial | null {
  let best: FrozenTrial | null = null;
  let bestValue = Number.NaN;
  for (const trial of trials) {
    const value = trial.values?.[0];
    if (value === undefined) continue;
    if (best === null || (maximize ? value > bestValue : value < bestValue)) {
      best = trial;
      bestValue = value;
    }
  }
  return best;
}
