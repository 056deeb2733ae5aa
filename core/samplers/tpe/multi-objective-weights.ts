import { hypervolume } from '../../base/hypervolume.ts';
import type { FrozenTrial, StudyDirection } from '../../study/frozen-trial.ts';
import { storedConstraints } from './constraints.ts';
import { lossesOf, referencePoint } from './multi-objective-split.ts';
import { EPS } from './options.ts';

/**
 * Weights of the good trials of several objectives: what each adds to the hypervolume of all, as a share of the
 * largest, at least {@link EPS}. Infeasible trials get {@link EPS}.
 *
 * Source: Ozaki et al., "Multiobjective tree-structured Parzen estimator", JAIR 73, 2022, section 4.2.
 *
 * Differs from Optuna: stored constraint values are used where a trial has them, instead of computing them anew,
 * and a trial without values (PRUNED) gets {@link EPS}, where Optuna fails.
 */
export function hypervolumeWeights(
  below: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
  constraintsFunc: ((trial: FrozenTrial) => readonly number[]) | null,
): Float64Array {
  const weights = new Float64Array(below.length).fill(EPS);
  const counted = [...below.keys()].filter((i) => {
    const trial = below[i]!;
    if (trial.values === null) return false;
    return constraintsFunc === null || isFeasible(trial, constraintsFunc);
  });
  const shares = contributionShares(
    counted.map((i) => below[i]!),
    directions,
  );
  for (const [place, i] of counted.entries()) weights[i] = shares[place]!;
  return weights;
}

function isFeasible(trial: FrozenTrial, constraintsFunc: (trial: FrozenTrial) => readonly number[]): boolean {
  return (storedConstraints(trial) ?? constraintsFunc(trial)).every((value) => !(value > 0));
}

function contributionShares(
  trials: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
): readonly number[] {
  if (trials.length < 2) return trials.map(() => 1);
  const losses = lossesOf(trials, directions);
  const reference = referencePoint(losses);
  const whole = hypervolume(losses, reference);
  const contributions = losses.map((_, i) => {
    const others = losses.filter((_, j) => j !== i);
    const contribution = whole - hypervolume(others, reference);
    return Number.isNaN(contribution) ? Infinity : contribution;
  });
  const largest = Math.max(...contributions, EPS);
  if (largest === Infinity) return contributions.map((c) => (c === Infinity ? 1 : EPS));
  return contributions.map((c) => Math.min(Math.max(c / largest, EPS), 1));
}
