import { type FrozenTrial, lastStep } from '../../../core/study/frozen-trial.ts';
import { REASON_KEY } from '../../engine/trial-end.ts';
import { EXIT_CODE, type ExitCode } from '../exit-code.ts';
import type { StudyOptions } from '../options/study-options.ts';
import { formatDuration, formatParam, formatValue } from '../output/format.ts';
import { toJsonText } from '../output/json-text.ts';
import { type Column, formatTable } from '../output/table.ts';
import { readStudy } from './open-study.ts';

/** `hone trials`: the trials of a study, as a table or as JSON. */
export async function trials(options: StudyOptions): Promise<ExitCode> {
  const { trials } = await readStudy(options.storage, options.study);
  process.stdout.write(`${options.json === true ? toJsonText(trials.map(asJson)) : asText(trials)}\n`);
  return EXIT_CODE.finished;
}

function asText(trials: readonly FrozenTrial[]): string {
  return trials.length === 0 ? 'No trials.' : formatTable(columnsFor(trials), trials);
}

function columnsFor(trials: readonly FrozenTrial[]): Array<Column<FrozenTrial>> {
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.params)))].sort();
  return [
    { title: 'Trial', align: 'right', cell: (trial) => String(trial.number) },
    { title: 'State', align: 'left', cell: (trial) => trial.state },
    { title: 'Value', align: 'right', cell: valueOf },
    { title: 'Last step', align: 'right', cell: (trial) => String(lastStep(trial) ?? '') },
    { title: 'Time', align: 'right', cell: durationOf },
    ...names.map(
      (name): Column<FrozenTrial> => ({
        title: name,
        align: trials.every((trial) => typeof (trial.params[name] ?? 0) === 'number') ? 'right' : 'left',
        cell: (trial) => (name in trial.params ? formatParam(trial.params[name] ?? null) : ''),
      }),
    ),
    ...(trials.some((trial) => reasonOf(trial) !== '')
      ? [{ title: 'Reason', align: 'left', cell: reasonOf } as const]
      : []),
  ];
}

/** Why a trial was pruned or failed, where Hone ran it; the state need not be said again. */
function reasonOf({ userAttrs }: FrozenTrial): string {
  const reason = userAttrs[REASON_KEY];
  return typeof reason === 'string' ? reason.replace(/^pruned /, '') : '';
}

/** The objective's values; of a trial that has none (running, pruned by others) what it reported last. */
function valueOf(trial: FrozenTrial): string {
  if (trial.values !== null) return trial.values.map(formatValue).join(', ');
  const step = lastStep(trial);
  const reported = step === null ? undefined : trial.intermediateValues.get(step);
  return reported === undefined ? '' : `(${formatValue(reported)})`;
}

function durationOf({ datetimeStart, datetimeComplete }: FrozenTrial): string {
  if (datetimeStart === null || datetimeComplete === null) return '';
  return formatDuration(datetimeComplete.getTime() - datetimeStart.getTime());
}

function asJson(trial: FrozenTrial): object {
  return {
    number: trial.number,
    state: trial.state,
    values: trial.values,
    params: trial.params,
    intermediateValues: Object.fromEntries(trial.intermediateValues),
    userAttrs: trial.userAttrs,
    started: trial.datetimeStart,
    completed: trial.datetimeComplete,
  };
}
