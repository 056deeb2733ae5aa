import { introsortArgsort } from './argsort.ts';
import { type LossMatrix, uniqueLexicographic } from './loss-matrix.ts';
import { isParetoFrontOfSorted } from './non-domination.ts';

/**
 * The volume that `losses` dominate up to `reference`; Infinity where the reference is not finite.
 *
 * Two objectives are swept; more use the WFG algorithm. Source: While, Bradstreet and Barone, "A fast way of
 * calculating exact hypervolumes", IEEE TEVC 16(1), 2012, equations 6 and 7.
 *
 * @param assumePareto true where no point dominates another; saves looking for those that do.
 * @throws {RangeError} where a point lies beyond the reference in some objective.
 */
export function hypervolume(losses: LossMatrix, reference: readonly number[], assumePareto = false): number {
  for (const point of losses) {
    if (!point.every((loss, j) => loss <= reference[j]!)) {
      throw new RangeError(
        `The point ${point.join(', ')} lies beyond the reference ${reference.join(', ')}.`,
      );
    }
  }
  if (!reference.every(Number.isFinite)) return Infinity;
  const points = assumePareto ? sortByFirst(losses) : paretoPoints(losses);
  return reference.length === 2 ? sweep(points, reference) : unionVolume(points, reference);
}

function sortByFirst(losses: LossMatrix): LossMatrix {
  const order = introsortArgsort(Float64Array.from(losses, (point) => point[0]!));
  return Array.from(order, (row) => losses[row]!);
}

function paretoPoints(losses: LossMatrix): LossMatrix {
  const { points } = uniqueLexicographic(losses);
  const onFront = isParetoFrontOfSorted(points);
  return points.filter((_, i) => onFront[i]);
}

/** Slices of the first objective's axis, each as high as the second objective falls. */
function sweep(points: LossMatrix, [width, height]: readonly number[]): number {
  let volume = 0;
  let top = height!;
  for (const [x, y] of points) {
    volume += (width! - x!) * (top - y!);
    top = y!;
  }
  return volume;
}

/** The volume between one point and the reference. */
export function boxVolume(point: readonly number[], reference: readonly number[]): number {
  let volume = 1;
  for (let j = 0; j < point.length; j++) volume *= reference[j]! - point[j]!;
  return volume;
}

/** The corner of the part that two boxes share. */
function intersection(a: readonly number[], b: readonly number[]): number[] {
  return a.map((loss, j) => Math.max(loss, b[j]!));
}

function unionVolume(points: LossMatrix, reference: readonly number[]): number {
  const boxes = points.map((point) => boxVolume(point, reference));
  if (points.length === 1) return boxes[0]!;
  if (points.length === 2) {
    return boxes[0]! + boxes[1]! - boxVolume(intersection(points[0]!, points[1]!), reference);
  }
  let volume = 0;
  for (let i = 0; i < points.length; i++) {
    const later = points.slice(i + 1).map((point) => intersection(points[i]!, point));
    volume += exclusiveVolume(later, boxes[i]!, reference);
  }
  return volume;
}

/** What is left of a box when the parts that it shares with later boxes are taken away. */
function exclusiveVolume(shared: LossMatrix, box: number, reference: readonly number[]): number {
  if (shared.length === 0) return box;
  // Sorted by the first loss only, so this drops some of the covered points, not all: enough to save work.
  const onFront = isParetoFrontOfSorted(shared);
  return (
    box -
    unionVolume(
      shared.filter((_, i) => onFront[i]),
      reference,
    )
  );
}
