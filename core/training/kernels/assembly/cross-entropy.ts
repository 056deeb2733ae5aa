import { exp } from './vector';

/** The natural logarithm, lent by JavaScript: one call a row, and no table in this module. */
// @external("math", "log")
declare function naturalLogarithm(x: f64): f64;

/**
 * Mean cross-entropy of logits [rows, classes] against int32 labels [rows], and its gradient.
 *
 * With smoothing e the target of a row is (1 - e) at its label plus e / classes everywhere (PyTorch's
 * `label_smoothing`); the row's loss is logsumexp - target . logits. dlogits = (softmax - target) / rows.
 * Returns the loss, NaN where a label is no class; sums run in float64.
 */
export function crossEntropy(
  logits: usize,
  labels: usize,
  dlogits: usize,
  rows: i32,
  classes: i32,
  smoothing: f64,
): f64 {
  const uniform = smoothing / <f64>classes;
  const inverseRows = 1 / <f64>rows;
  let total: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const label = load<i32>(labels + ((<usize>row) << 2));
    if (<u32>label >= <u32>classes) return NaN;
    let largest = -f32.MAX_VALUE;
    let sumLogits: f64 = 0;
    for (let i = 0; i < classes; i++) {
      const logit = load<f32>(logits + ((<usize>i) << 2));
      largest = max(largest, logit);
      sumLogits += <f64>logit;
    }
    let sum: f64 = 0;
    for (let i = 0; i < classes; i++) {
      const at = (<usize>i) << 2;
      const e = f32x4.extract_lane(exp(f32x4.splat(load<f32>(logits + at) - largest)), 0);
      store<f32>(dlogits + at, e);
      sum += <f64>e;
    }
    const labelLogit = <f64>load<f32>(logits + ((<usize>label) << 2));
    total += naturalLogarithm(sum) + <f64>largest - (1 - smoothing) * labelLogit;
    // Without smoothing an infinite logit of another class must not turn 0 * infinity into NaN.
    if (uniform > 0) total -= uniform * sumLogits;
    for (let i = 0; i < classes; i++) {
      const at = (<usize>i) << 2;
      const target = uniform + (i == label ? 1 - smoothing : 0);
      store<f32>(dlogits + at, <f32>((<f64>load<f32>(dlogits + at) / sum - target) * inverseRows));
    }
    logits += (<usize>classes) << 2;
    dlogits += (<usize>classes) << 2;
  }
  return total * inverseRows;
}
