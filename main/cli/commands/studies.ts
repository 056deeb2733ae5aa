import type { StudySummary } from '../../../core/storage/base.ts';
import { EXIT_CODE, type ExitCode } from '../exit-code.ts';
import type { StudyOptions } from '../options/study-options.ts';
import { formatValue } from '../output/format.ts';
import { toJsonText } from '../output/json-text.ts';
import { type Column, formatTable } from '../output/table.ts';
import { findStudy, readStorage } from './open-study.ts';

const COLUMNS: ReadonlyArray<Column<StudySummary>> = [
  { title: 'Study', align: 'left', cell: (study) => study.studyName },
  { title: 'Finished', align: 'right', cell: (study) => String(statisticsOf(study).finished) },
  { title: 'Complete', align: 'right', cell: (study) => String(study.nTrials.COMPLETE) },
  { title: 'Pruned', align: 'right', cell: (study) => String(study.nTrials.PRUNED) },
  { title: 'Failed', align: 'right', cell: (study) => String(study.nTrials.FAIL) },
  { title: 'Waiting', align: 'right', cell: (study) => String(study.nTrials.WAITING) },
  { title: 'Running', align: 'right', cell: (study) => String(study.nTrials.RUNNING) },
  { title: 'Direction', align: 'left', cell: (study) => study.directions.join(', ') },
  { title: 'Best value', align: 'right', cell: bestValue },
  { title: 'Trial', align: 'right', cell: (study) => String(study.bestTrial?.number ?? '') },
];

/** `hone studies`: the studies of a file, as a table or as JSON. */
export async function studies(options: StudyOptions): Promise<ExitCode> {
  const summaries = await readStorage(options.storage, async (storage) => {
    const all = await storage.getStudySummaries();
    if (options.study === undefined) return all;
    const { studyId } = await findStudy(storage, options.study);
    return all.filter((study) => study.studyId === studyId);
  });
  process.stdout.write(`${options.json === true ? toJsonText(summaries.map(asJson)) : asText(summaries)}\n`);
  return EXIT_CODE.finished;
}

function asText(summaries: readonly StudySummary[]): string {
  return summaries.length === 0 ? 'No studies.' : formatTable(COLUMNS, summaries);
}

function asJson(study: StudySummary): object {
  return {
    study: study.studyName,
    directions: study.directions,
    statistics: statisticsOf(study),
    best: study.bestTrial,
    started: study.datetimeStart,
  };
}

function statisticsOf({ nTrials }: StudySummary) {
  const { COMPLETE: complete, PRUNED: pruned, FAIL: fail, WAITING: waiting, RUNNING: running } = nTrials;
  return { finished: complete + pruned + fail, complete, pruned, fail, waiting, running };
}

function bestValue(study: StudySummary): string {
  return study.bestTrial === null ? '' : formatValue(study.bestTrial.value);
}
