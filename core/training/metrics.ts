import type { ClassMetrics, EvaluationMetrics } from './protocol.ts';

/** An empty [true class][predicted class] table of counts. */
export function emptyConfusion(classCount: number): number[][] {
  return Array.from({ length: classCount }, () => Array.from({ length: classCount }, () => 0));
}

/**
 * Everything that is said of a pass over a part of the data, from its confusion table.
 *
 * Precision is TP / (TP + FP), recall TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN); 0 where the denominator is 0,
 * as scikit-learn with `zero_division=0`. Macro values are plain means over the classes. Micro values pool the
 * counts of all classes; with one label an image all three equal the accuracy.
 *
 * @param confusion [true class][predicted class] counts, square.
 * @param classNames one a row.
 * @param loss mean cross-entropy over the images.
 */
export function evaluationMetrics(
  confusion: ReadonlyArray<readonly number[]>,
  classNames: readonly string[],
  loss: number,
): EvaluationMetrics {
  const perClass = classNames.map((name, index) => classMetrics(confusion, index, name));
  const imageCount = total(confusion.map((row) => total(row)));
  const tp = total(perClass.map((each) => each.tp));
  const fp = total(perClass.map((each) => each.fp));
  const fn = total(perClass.map((each) => each.fn));
  return {
    loss,
    accuracy: ratio(tp, imageCount),
    precisionMicro: ratio(tp, tp + fp),
    recallMicro: ratio(tp, tp + fn),
    f1Micro: ratio(2 * tp, 2 * tp + fp + fn),
    precisionMacro: ratio(total(perClass.map((each) => each.precision)), perClass.length),
    recallMacro: ratio(total(perClass.map((each) => each.recall)), perClass.length),
    f1Macro: ratio(total(perClass.map((each) => each.f1)), perClass.length),
    perClass,
    confusion: confusion.map((row) => [...row]),
    imageCount,
  };
}

function classMetrics(
  confusion: ReadonlyArray<readonly number[]>,
  index: number,
  name: string,
): ClassMetrics {
  const tp = confusion[index]?.[index] ?? 0;
  const fp = total(confusion.map((row) => row[index] ?? 0)) - tp;
  const fn = total(confusion[index] ?? []) - tp;
  return {
    name,
    tp,
    fp,
    fn,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
