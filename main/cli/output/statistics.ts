import type { ParamValue } from '../../../core/distributions/base.ts';
import { NotFoundError } from '../../../core/base/errors.ts';
import { findBestTrial } from '../../../core/study/best-trial.ts';
import type { FrozenTrial, StudyDirection } from '../../../core/study/frozen-trial.ts';
import type { EvaluationMetrics } from '../../../core/training/protocol.ts';
import { count, formatParam, formatValue, sortedParams } from './format.ts';

/** Numbers of trials by what became of them. */
export interface StudyStatistics {
  /** Complete, pruned and failed ones together. */
  readonly finished: number;
  readonly complete: number;
  readonly pruned: number;
  readonly fail: number;
  readonly waiting: number;
}

/** The winner of a study with one objective. */
export interface BestTrial {
  readonly number: number;
  readonly value: number;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/** Count a study's trials. Running ones, of another program, are in none of the numbers. */
export function countTrials(trials: ReadonlyArray<Pick<FrozenTrial, 'state'>>): StudyStatistics {
  const numberOf = (state: FrozenTrial['state']) => trials.filter((trial) => trial.state === state).length;
  const complete = numberOf('COMPLETE');
  const pruned = numberOf('PRUNED');
  const fail = numberOf('FAIL');
  return { finished: complete + pruned + fail, complete, pruned, fail, waiting: numberOf('WAITING') };
}

/** The best trial of a study with one objective; null where no trial has completed. */
export function bestOf(
  trials: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
): BestTrial | null {
  try {
    const { number, values, params } = findBestTrial(trials, directions);
    return { number, value: values?.[0] ?? Number.NaN, params };
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

/**
 * The block that ends a run. Failed and waiting trials are named only where there are any.
 *
 * @param best null where no trial has completed.
 */
export function statisticsBlock(statistics: StudyStatistics, best: BestTrial | null): string {
  const lines = [
    'Study statistics:',
    `  Number of finished trials:  ${statistics.finished}`,
    `  Number of complete trials:  ${statistics.complete}`,
    `  Number of pruned trials:  ${statistics.pruned}`,
  ];
  if (statistics.fail > 0) lines.push(`  Number of failed trials:  ${statistics.fail}`);
  if (statistics.waiting > 0) lines.push(`  Number of waiting trials:  ${statistics.waiting}`);
  return [...lines, bestTrialBlock(best)].join('\n');
}

/** The best trial with its value and parameters, in alphabetical order. */
export function bestTrialBlock(best: BestTrial | null): string {
  if (best === null) return 'Best trial: none, no trial has completed yet';
  const params = sortedParams(best.params).map(([name, value]) => `    ${name}: ${formatParam(value)}`);
  return [`Best trial: ${best.number}`, `  Value: ${formatValue(best.value)}`, '  Params:', ...params].join(
    '\n',
  );
}

/** How the best trial does on the test part, in one line. */
export function testPartLine(metrics: EvaluationMetrics): string {
  const { accuracy, precisionMacro, recallMacro, imageCount } = metrics;
  const scores = [
    `accuracy ${formatValue(accuracy)}`,
    `precision ${formatValue(precisionMacro)}`,
    `recall ${formatValue(recallMacro)}`,
  ];
  return `Test part: ${scores.join(', ')} on ${count(imageCount, 'image')}`;
}
