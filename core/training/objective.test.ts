import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import { evaluationMetrics } from './metrics.ts';
import { parseObjective } from './objective.ts';

/** Macro precision 0.75, macro recall 0.75, accuracy 2/3; micro values equal the accuracy. */
const METRICS = evaluationMetrics(
  [
    [1, 0],
    [1, 1],
  ],
  ['cat', 'dog'],
  0.5,
);

describe('parseObjective', () => {
  test.each([
    ['precision + recall', 1.5],
    ['precision_macro + recall_macro', 1.5],
    ['accuracy', 2 / 3],
    ['precision_micro * recall_micro / f1_micro', 2 / 3],
    ['-loss', -0.5],
    ['2 * (accuracy - 1) + 1', 1 / 3],
    ['1 - 2 - loss', -1.5],
    ['f1 - f1_macro + .5', 0.5],
    ['min(precision, recall, 0.1) + max(1, loss)', 1.1],
    ['+accuracy - -1e-1', 2 / 3 + 0.1],
  ])('%s', (expression, expected) => {
    expect(parseObjective(expression).evaluate(METRICS)).toBeCloseTo(expected, 12);
  });

  test('hands on what is not a number', () => {
    expect(parseObjective('loss').evaluate({ ...METRICS, loss: Number.NaN })).toBeNaN();
    expect(parseObjective('1 / (accuracy - accuracy)').evaluate(METRICS)).toBe(Number.POSITIVE_INFINITY);
    expect(parseObjective('loss / 0 - loss / 0').evaluate(METRICS)).toBeNaN();
  });

  test('names an unknown metric and lists the known ones', () => {
    expect(() => parseObjective('precision + recal')).toThrow(
      new InvalidInputError(
        'objective',
        'objective is "precision + recal", but recal is not a metric: use accuracy, precision, recall, f1, loss, precision_macro, recall_macro, f1_macro, precision_micro, recall_micro, f1_micro, numbers, + - * /, parentheses, min and max.',
      ),
    );
  });

  test.each([
    ['', 'is not a formula'],
    ['precision +', 'cannot be read'],
    ['precision recall', 'is not a formula'],
    ['(accuracy', 'cannot be read'],
    ['1 + 2', 'names no metric'],
    ['accuracy ** 2', 'the operator ** is not known'],
    ['accuracy > 1 ? 1 : 0', 'is not a formula'],
    ['!accuracy', 'the operator ! is not known'],
    ['accuracy.constructor', 'is not a formula'],
    ['constructor', 'constructor is not a metric'],
    ['__proto__', '__proto__ is not a metric'],
    ['accuracy["x"]', 'is not a formula'],
    ['"accuracy"', 'is not a number'],
    ['true', 'is not a number'],
    ['this', 'is not a formula'],
    ['[accuracy]', 'is not a formula'],
    ['min()', 'min needs a value'],
    ['accuracy(1)', 'calls an unknown function'],
    ['accuracy, loss', 'is not a formula'],
    ['process.exit()', 'calls an unknown function'],
    [`accuracy${' + accuracy'.repeat(60)}`, 'must have at most 500'],
  ])('refuses %s', (expression, reason) => {
    expect(() => parseObjective(expression, '--objective')).toThrow(InvalidInputError);
    expect(() => parseObjective(expression, '--objective')).toThrow(reason);
    expect(() => parseObjective(expression, '--objective')).toThrow(/^--objective/);
  });
});
