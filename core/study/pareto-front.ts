import type { StudyDirection } from './frozen-trial.ts';

/**
 * Which points no other point dominates: none is at least as good in every objective and better in one. Equal points
 * are all on the front.
 *
 * @param points one row of objective values a point; ±Infinity allowed, NaN not.
 * @returns a flag a point.
 */
export function paretoFront(
  points: readonly (readonly number[])[],
  directions: readonly StudyDirection[],
): boolean[] {
  const losses = points.map((point) =>
    point.map((value, k) => (directions[k] === 'maximize' ? -value : value)),
  );
  const order = losses.map((_, index) => index).sort((a, b) => compareRows(losses[a] ?? [], losses[b] ?? []));
  const onFront = points.map(() => false);
  // In lexicographic order a point comes after everything that dominates it, so the front found so far decides.
  const front: number[][] = [];
  for (const index of order) {
    const candidate = losses[index] ?? [];
    if (front.some((member) => dominates(member, candidate))) continue;
    front.push(candidate);
    onFront[index] = true;
  }
  return onFront;
}

function compareRows(a: readonly number[], b: readonly number[]): number {
  for (const [k, left] of a.entries()) {
    const right = b[k] ?? left;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return compareRows(a, b) !== 0 && a.every((value, k) => value <= (b[k] ?? value));
}
