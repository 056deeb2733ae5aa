/** Numbers that the recording scripts (`formula.py`) and the tests make alike: sin(1.3 i + phase) scale. */
export function formula(shape: readonly number[], phase: number, scale = 1): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, index) => Math.sin(1.3 * index + phase) * scale);
}

/** Numbers without a pattern, from -scale to scale: the fraction of 43758.5453 sin(12.9898 i + 78.233 phase). */
export function noise(shape: readonly number[], phase: number, scale = 1): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, index) => {
    const wave = Math.sin(12.9898 * index + 78.233 * phase) * 43758.5453;
    return (2 * (wave - Math.floor(wave)) - 1) * scale;
  });
}

/** Weights of a network from their name, as `model_values` of `formula.py` makes them. */
export function modelValues(name: string, shape: readonly number[]): Float32Array {
  let sum = 0;
  for (let index = 0; index < name.length; index++) sum += (index + 1) * name.charCodeAt(index);
  const phase = (sum % 1000) / 100;
  if (shape.length > 1) {
    const out = shape.at(-1) ?? 1;
    const fanIn = out > 1 ? sizeOf(shape) / out : sizeOf(shape.slice(0, 2));
    return noise(shape, phase, Math.sqrt(6 / fanIn));
  }
  if (name.endsWith('running_var')) return noise(shape, phase, 0.5).map((value) => 1 + value);
  const centre = name.endsWith('.1.weight') ? 1 : 0;
  return noise(shape, phase, 0.1).map((value) => centre + value);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
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
