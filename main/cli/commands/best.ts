import { findBestTrials } from '../../../core/study/best-trial.ts';
import type { FrozenTrial } from '../../../core/study/frozen-trial.ts';
import { testScoreOf } from '../../engine/test-score.ts';
import { EXIT_CODE, type ExitCode } from '../exit-code.ts';
import type { StudyOptions } from '../options/study-options.ts';
import { formatParam, formatValue, sortedParams } from '../output/format.ts';
import { toJsonText } from '../output/json-text.ts';
import { bestOf, bestTrialBlock, testPartLine } from '../output/statistics.ts';
import { readStudy, type StudyWithTrials } from './open-study.ts';

/** `hone best`: the best trial of a study, or the best ones where it has several objectives. */
export async function best(options: StudyOptions): Promise<ExitCode> {
  const found = await readStudy(options.storage, options.study);
  const hasOneObjective = found.study.directions.length === 1;
  const report = hasOneObjective
    ? oneBest(found, options.json === true)
    : bestOnes(found, options.json === true);
  process.stdout.write(`${report}\n`);
  return EXIT_CODE.finished;
}

function oneBest({ study, trials }: StudyWithTrials, asJson: boolean): string {
  const best = bestOf(trials, study.directions);
  const testMetrics = best === null ? null : testScoreOf(study.userAttrs, best.number);
  if (asJson) {
    return toJsonText({ study: study.studyName, best: best === null ? null : { ...best, testMetrics } });
  }
  return [bestTrialBlock(best), ...(testMetrics === null ? [] : [testPartLine(testMetrics)])].join('\n');
}

function bestOnes({ study, trials }: StudyWithTrials, asJson: boolean): string {
  const front = findBestTrials(trials, study.directions);
  if (asJson) {
    const bestTrials = front.map(({ number, values, params }) => ({ number, values, params }));
    return toJsonText({ study: study.studyName, bestTrials });
  }
  return front.length === 0 ? bestTrialBlock(null) : front.map(severalValuesBlock).join('\n');
}

function severalValuesBlock(trial: FrozenTrial): string {
  return [
    `Best trial: ${trial.number}`,
    `  Values: ${(trial.values ?? []).map(formatValue).join(', ')}`,
    '  Params:',
    ...sortedParams(trial.params).map(([name, value]) => `    ${name}: ${formatParam(value)}`),
  ].join('\n');
}
