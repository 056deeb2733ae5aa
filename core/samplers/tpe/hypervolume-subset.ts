import { introsortArgsort } from '../../base/argsort.ts';
import { boxVolume, hypervolume } from '../../base/hypervolume.ts';
import { type LossMatrix, uniqueLexicographic } from '../../base/loss-matrix.ts';

/**
 * Choose `size` rows of a front so that they dominate as large a volume as a greedy choice reaches.
 *
 * Source: Guerreiro, Fonseca and Paquete, "Greedy hypervolume subset selection in low dimensions", Evolutionary
 * Computation 24(3), 2016; the greedy choice reaches at least 1 - 1/e of the best volume.
 *
 * @returns rows of `losses`.
 */
export function selectSubsetByHypervolume(
  losses: LossMatrix,
  size: number,
  reference: readonly number[],
): number[] {
  const rows = losses.map((_, row) => row);
  if (size === rows.length) return rows;
  const { points, firstRow } = uniqueLexicographic(losses);
  if (points.length < size) {
    // All different points, and duplicates from the first row on until there are enough.
    const chosen = new Set(firstRow);
    for (const row of rows) if (chosen.size < size) chosen.add(row);
    return rows.filter((row) => chosen.has(row));
  }
  return selectPoints(points, size, reference).map((point) => firstRow[point]!);
}

/** The same for different points in lexicographic order. @returns indexes of `points`. */
function selectPoints(points: LossMatrix, size: number, reference: readonly number[]): number[] {
  const all = points.map((_, i) => i);
  if (!reference.every(Number.isFinite)) return all.slice(0, size);
  if (points.length === size) return all;
  return reference.length === 2
    ? selectPoints2d(points, size, reference)
    : selectPointsNd(points, size, reference);
}

/** In two dimensions a chosen point cuts the boxes on its two sides, each at its own edge. */
function selectPoints2d(points: LossMatrix, size: number, [right, top]: readonly number[]): number[] {
  const left = points.map(([x, y], index) => ({ index, x: x!, y: y!, right: right!, top: top! }));
  const chosen: number[] = [];
  while (chosen.length < size) {
    const best = indexOfMax(left.map((box) => (box.right - box.x) * (box.top - box.y)));
    const [taken] = left.splice(best, 1);
    if (taken === undefined) break;
    chosen.push(taken.index);
    for (const [place, box] of left.entries()) {
      if (place < best) box.right = Math.min(taken.x, box.right);
      else box.top = Math.min(taken.y, box.top);
    }
  }
  return chosen;
}

interface Candidate {
  readonly index: number;
  readonly point: readonly number[];
  /** What the point would add to the chosen ones: an upper bound until it is computed anew. */
  contribution: number;
}

function selectPointsNd(points: LossMatrix, size: number, reference: readonly number[]): number[] {
  let left: Candidate[] = points.map((point, index) => ({
    index,
    point,
    contribution: boxVolume(point, reference),
  }));
  const chosen: Candidate[] = [];
  for (;;) {
    const best = indexOfMax(left.map((candidate) => candidate.contribution));
    chosen.push(left[best]!);
    if (chosen.length === size) return chosen.map((candidate) => candidate.index);
    left = left.filter((_, place) => place !== best);
    updateContributions(
      left,
      chosen.map((candidate) => candidate.point),
      reference,
    );
  }
}

/**
 * Compute contributions anew, from the largest bound down. Contributions only shrink as points are chosen
 * (submodularity), so a bound below the largest contribution found so far need not be looked at.
 */
function updateContributions(
  left: readonly Candidate[],
  chosen: LossMatrix,
  reference: readonly number[],
): void {
  const volume = hypervolume(chosen, reference, true);
  let largest = 0;
  for (const place of introsortArgsort(Float64Array.from(left, (candidate) => -candidate.contribution))) {
    const candidate = left[place]!;
    if (candidate.contribution < largest) continue;
    const together = hypervolume([...chosen, candidate.point], reference, true);
    candidate.contribution = together === Infinity ? Infinity : together - volume;
    largest = Math.max(candidate.contribution, largest);
  }
}

/** The place of the first largest value; NaN counts as larger than everything. numpy: `argmax`. */
function indexOfMax(values: readonly number[]): number {
  let best = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return i;
    if (values[i]! > values[best]!) best = i;
  }
  return best;
}
