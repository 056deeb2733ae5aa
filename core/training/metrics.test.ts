import { describe, expect, test } from 'vitest';
import { emptyConfusion, evaluationMetrics } from './metrics.ts';
import { worstDifference } from './recorded/formula.ts';
import recorded from './recorded/metrics.recorded.json' with { type: 'json' };

describe('evaluationMetrics', () => {
  test.each(recorded.map((entry) => [JSON.stringify(entry.confusion), entry] as const))(
    'of %s as scikit-learn',
    (_, entry) => {
      const names = entry.confusion.map((__, index) => `class ${index}`);
      const metrics = evaluationMetrics(entry.confusion, names, 0.5);
      const { precisionMicro, recallMicro, f1Micro, precisionMacro, recallMacro, f1Macro } = metrics;
      expect(metrics.accuracy).toBeCloseTo(entry.accuracy, 7);
      expect(worstDifference([precisionMicro, recallMicro, f1Micro], entry.micro)).toBeLessThan(1e-7);
      expect(worstDifference([precisionMacro, recallMacro, f1Macro], entry.macro)).toBeLessThan(1e-7);
      for (const [index, key] of (['precision', 'recall', 'f1'] as const).entries()) {
        const values = metrics.perClass.map((each) => each[key]);
        expect(worstDifference(values, entry.perClass[index] ?? [])).toBeLessThan(1e-7);
      }
    },
  );

  test('counts true positives, false positives and false negatives of each class', () => {
    const metrics = evaluationMetrics(
      [
        [5, 1, 0],
        [2, 7, 1],
        [0, 0, 4],
      ],
      ['cat', 'dog', 'fox'],
      0.25,
    );
    expect(metrics.perClass.map(({ name, tp, fp, fn }) => [name, tp, fp, fn])).toEqual([
      ['cat', 5, 2, 1],
      ['dog', 7, 1, 3],
      ['fox', 4, 1, 0],
    ]);
    expect([metrics.imageCount, metrics.loss]).toEqual([20, 0.25]);
  });

  test('of no image at all is 0, not NaN', () => {
    const metrics = evaluationMetrics(emptyConfusion(2), ['cat', 'dog'], 0);
    expect([metrics.accuracy, metrics.f1Macro, metrics.precisionMicro, metrics.imageCount]).toEqual([
      0, 0, 0, 0,
    ]);
  });
});
