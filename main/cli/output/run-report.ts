import type { RunRequest, RunResult } from '../../engine/run-contract.ts';
import { toJsonText } from './json-text.ts';
import type { BestTrial, StudyStatistics } from './statistics.ts';

/** What `hone tune --json` prints. */
export function runReportJson(
  request: Pick<RunRequest, 'studyName' | 'storageFile'>,
  result: RunResult,
  statistics: StudyStatistics,
  best: BestTrial | null,
): string {
  const { images, classes, unreadable, split } = result.dataset;
  return toJsonText({
    study: request.studyName,
    storage: request.storageFile,
    statistics,
    best: best === null ? null : { ...best, testMetrics: result.testMetrics },
    backend: result.backend,
    dataset: { images, classes, unreadable, split },
  });
}
