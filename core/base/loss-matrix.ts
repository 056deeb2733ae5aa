/**
 * Several points with one loss an objective, smaller is better: row i is point i. Values may be infinite, never NaN.
 */
export type LossMatrix = readonly (readonly number[])[];

/** Order of points by their first loss, then the second, and so on. */
export function compareLexicographically(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i]! < b[i]!) return -1;
    if (a[i]! > b[i]!) return 1;
  }
  return 0;
}

/** The different points of `losses` in lexicographic order, and where each row went. numpy: `unique(axis=0)`. */
export function uniqueLexicographic(losses: LossMatrix): {
  readonly points: LossMatrix;
  /** For each point the first row that equals it. */
  readonly firstRow: readonly number[];
  /** For each row its point. */
  readonly pointOfRow: readonly number[];
} {
  const order = losses.map((_, row) => row);
  order.sort((i, j) => compareLexicographically(losses[i]!, losses[j]!));
  const points: (readonly number[])[] = [];
  const firstRow: number[] = [];
  const pointOfRow = losses.map(() => 0);
  for (const row of order) {
    const last = points.at(-1);
    if (last === undefined || compareLexicographically(last, losses[row]!) !== 0) {
      points.push(losses[row]!);
      firstRow.push(row);
    }
    pointOfRow[row] = points.length - 1;
  }
  return { points, firstRow, pointOfRow };
}
