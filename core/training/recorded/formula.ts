/** Numbers that the recording scripts (`formula.py`) and the tests make alike: sin(1.3 i + phase) scale. */
export function formula(shape: readonly number[], phase: number, scale = 1): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length: count }, (_, index) => Math.sin(1.3 * index + phase) * scale);
}

/** Largest |a - b| / (1 + |b|), over all values; infinite where the lengths differ or a value is NaN. */
export function worstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const wanted = expected[index] ?? Number.NaN;
    const difference = Math.abs((actual[index] ?? Number.NaN) - wanted) / (1 + Math.abs(wanted));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return worst;
}
