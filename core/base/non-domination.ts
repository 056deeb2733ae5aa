import { type LossMatrix, uniqueLexicographic } from './loss-matrix.ts';

/**
 * Which points no other point dominates, for points in lexicographic order without duplicates. A duplicate of an
 * earlier point counts as dominated.
 */
export function isParetoFrontOfSorted(points: LossMatrix): boolean[] {
  const nObjectives = points[0]?.length ?? 0;
  if (nObjectives === 1) return points.map((_, i) => i === 0);
  if (nObjectives === 2) return isParetoFront2d(points);
  return isParetoFrontNd(points);
}

/** With two objectives a point is on the front where its second loss is a new minimum. */
function isParetoFront2d(points: LossMatrix): boolean[] {
  let smallest = NaN;
  return points.map(([, second], i) => {
    const isNew = i === 0 || second! < smallest;
    if (isNew) smallest = second!;
    return isNew;
  });
}

/** The first of the remaining points is on the front; those that are nowhere below it are dominated by it. */
function isParetoFrontNd(points: LossMatrix): boolean[] {
  const onFront = points.map(() => false);
  let remaining = points.map((_, i) => i);
  while (remaining.length > 0) {
    const top = remaining[0]!;
    onFront[top] = true;
    remaining = remaining.filter((i) => isBelowSomewhere(points[i]!, points[top]!));
  }
  return onFront;
}

/** The first objective is left out: the points are sorted by it. */
function isBelowSomewhere(point: readonly number[], other: readonly number[]): boolean {
  for (let j = 1; j < point.length; j++) if (point[j]! < other[j]!) return true;
  return false;
}

/** Which rows no other row dominates; duplicates of a row on the front are on it too. */
export function isParetoFront(losses: LossMatrix): boolean[] {
  const { points, pointOfRow } = uniqueLexicographic(losses);
  const onFront = isParetoFrontOfSorted(points);
  return pointOfRow.map((point) => onFront[point]!);
}

/**
 * The non-domination rank of each row: 0 on the Pareto front, 1 on the front of the rest, and so on. Ranks are
 * told apart until at least `nBelow` different points have one; all others share the next rank.
 *
 * Source: Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE TEVC 6(2), 2002,
 * section III A, peeling fronts from the lexicographic order.
 */
export function nonDominationRanks(losses: LossMatrix, nBelow = losses.length): number[] {
  if (losses.length === 0 || nBelow <= 0) return losses.map(() => 0);
  const { points, pointOfRow } = uniqueLexicographic(losses);
  if (losses[0]!.length === 1) return [...pointOfRow];
  const ranks = points.map(() => 0);
  const wanted = Math.min(nBelow, points.length);
  let remaining = points.map((_, i) => i);
  let rank = 0;
  while (points.length - remaining.length < wanted) {
    const onFront = isParetoFrontOfSorted(remaining.map((i) => points[i]!));
    for (const [place, i] of remaining.entries()) if (onFront[place]) ranks[i] = rank;
    remaining = remaining.filter((_, place) => !onFront[place]);
    rank++;
  }
  for (const i of remaining) ranks[i] = rank;
  return pointOfRow.map((point) => ranks[point]!);
}
