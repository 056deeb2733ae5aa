import type { LossMatrix } from '../../base/loss-matrix.ts';
import { nonDominationRanks } from '../../base/non-domination.ts';
import type { FrozenTrial, StudyDirection } from '../../study/frozen-trial.ts';
import { selectSubsetByHypervolume } from './hypervolume-subset.ts';
import { EPS } from './options.ts';

/** The values of trials as losses: maximized objectives change their sign. */
export function lossesOf(trials: readonly FrozenTrial[], directions: readonly StudyDirection[]): LossMatrix {
  return trials.map((trial) =>
    directions.map((direction, j) => (direction === 'maximize' ? -1 : 1) * (trial.values?.[j] ?? NaN)),
  );
}

/**
 * A point a little beyond the worst loss of every objective, so that the outer points of a front have a volume of
 * their own: 1.1 or 0.9 times the worst loss, whichever is worse, and {@link EPS} instead of 0.
 */
export function referencePoint(losses: LossMatrix): number[] {
  const worst = losses.reduce((a, b) => a.map((loss, j) => Math.max(loss, b[j]!)));
  return worst.map((loss) => Math.max(1.1 * loss, 0.9 * loss) || EPS);
}

/**
 * The `count` best trials of several objectives: front by front, and from the front that does not fit whole, the
 * subset that dominates most.
 *
 * Source: Ozaki et al., "Multiobjective tree-structured Parzen estimator", JAIR 73, 2022, section 4.1.
 *
 * @param trials all COMPLETE.
 */
export function selectBestByDomination(
  trials: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
  count: number,
): FrozenTrial[] {
  if (count >= trials.length) return [...trials];
  if (count <= 0) return [];
  const losses = lossesOf(trials, directions);
  const ranks = nonDominationRanks(losses, count);
  const best: number[] = [];
  for (let rank = 0; best.length < count; rank++) {
    const front = ranks
      .keys()
      .filter((i) => ranks[i] === rank)
      .toArray();
    if (best.length + front.length <= count) {
      best.push(...front);
    } else {
      const frontLosses = front.map((i) => losses[i]!);
      const reference = referencePoint(frontLosses);
      const chosen = selectSubsetByHypervolume(frontLosses, count - best.length, reference);
      best.push(...chosen.map((place) => front[place]!));
    }
  }
  return best.map((i) => trials[i]!);
}
