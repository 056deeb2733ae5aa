import { pathToFileURL } from 'node:url';
import { EXIT_CODE, type ExitCode } from '../exit-code.ts';
import type { RunRequest, RunResult, StartStudyRun } from '../../engine/run-contract.ts';
import { startStudyRun, startStudyRunIn } from '../../engine/start-study-run.ts';
import { runReportJson } from '../output/run-report.ts';
import { bestOf, countTrials, statisticsBlock, testPartLine } from '../output/statistics.ts';
import type { RunPlan } from '../progress/base.ts';
import { chooseProgress } from '../progress/choose-progress.ts';
import { stopOnSignals } from '../stop-signals.ts';
import { readTrialsIfAny } from './open-study.ts';

/** How a run is shown. */
export interface RunOutputOptions {
  /** Print the statistics as JSON. */
  readonly json?: boolean;
  /** Show nothing before the end. */
  readonly quiet?: boolean;
}

/** Optuna's default of `n_startup_trials`, of the median and the percentile pruner. */
const PRUNING_STARTS_AFTER = 5;

/**
 * Run a study to its end, or to the first signal that asks to stop, and print what came of it: progress on standard
 * error, the statistics on standard output.
 *
 * @throws {InvalidInputError} where nothing was started.
 */
export async function runStudy(request: RunRequest, output: RunOutputOptions): Promise<ExitCode> {
  const view = chooseProgress(process.stderr, planOf(request), output.quiet === true);
  const run = chooseStart()(request, (event) => view.show(event));
  const giveSignalsBack = stopOnSignals(run, (line) => view.note(line));
  let result: RunResult;
  try {
    result = await run.result;
  } finally {
    view.close();
    giveSignalsBack();
  }
  // On a screen that shows both, the report stands apart from the progress.
  if (output.quiet !== true && process.stderr.isTTY && process.stdout.isTTY) process.stderr.write('\n');
  try {
    await printReport(request, result, output.json === true);
  } catch (error) {
    // What paused the study may keep its file from being read too; the reason below says more.
    if (result.outcome !== 'paused') throw error;
  }
  if (result.testMetrics !== null && output.quiet !== true) {
    process.stderr.write(`${testPartLine(result.testMetrics)}\n`);
  }
  const remark = remarkOn(result);
  if (remark !== null) process.stderr.write(`${remark}\n`);
  return exitCodeOf(result);
}

/** Tests name another trainer by a variable, see `main/trainer/scripted-trainer.ts`. */
function chooseStart(): StartStudyRun {
  const trainer = process.env['HONE_TRAINER'];
  if (trainer === undefined) return startStudyRun;
  const environment = { trainerEntry: pathToFileURL(trainer) };
  return (request, onEvent) => startStudyRunIn(environment, request, onEvent);
}

async function printReport(request: RunRequest, result: RunResult, asJson: boolean): Promise<void> {
  const trials = await readTrialsIfAny(request.storageFile, request.studyName);
  const statistics = countTrials(trials);
  const best = bestOf(trials, [request.direction]);
  const report = asJson
    ? runReportJson(request, result, statistics, best)
    : statisticsBlock(statistics, best);
  process.stdout.write(`${report}\n`);
}

/** What remains to be said after the statistics: why the run ended early, and how to carry on. */
function remarkOn({ outcome, reason }: RunResult): string | null {
  if (outcome === 'finished') return null;
  if (outcome === 'paused') {
    return `hone: the study is paused: ${reason ?? 'for an unknown reason.'} The same command carries it on.`;
  }
  const cause = outcome === 'timeout' ? 'The time is up' : 'Interrupted';
  return `${cause}; the same command carries the study on.`;
}

function exitCodeOf(result: RunResult): ExitCode {
  if (result.outcome === 'paused') return EXIT_CODE.failed;
  return result.outcome === 'interrupted' ? EXIT_CODE.interrupted : EXIT_CODE.finished;
}

function planOf(request: RunRequest): RunPlan {
  return {
    storageFile: request.storageFile,
    datasetFolder: request.datasetFolder,
    nTrials: request.nTrials,
    epochs: request.epochs,
    timeoutS: request.timeoutS,
    variesImageSize: request.space.some(({ name }) => name === 'image_size'),
    pruningStartsAfter: request.pruner.name === 'none' ? null : PRUNING_STARTS_AFTER,
  };
}
