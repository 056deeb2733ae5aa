import { formatValue } from '../output/format.ts';
import type { RunPlan } from './base.ts';
import { type BarCharacters, progressBar } from './progress-bar.ts';
import { formatRemainingTime } from './remaining-time.ts';
import type { RunningTrial, RunState } from './run-state.ts';

/** Bars are no longer than this, so that a wide terminal does not tear a row apart. */
const MAX_BAR_WIDTH = 30;
/** A shorter bar shows nothing; the row does without, or drops its last detail. */
const MIN_BAR_WIDTH = 8;
/** Between the parts of a row. */
const GAP = '  ';

/** A row of the live region: label, bar, details. */
export interface FrameRow {
  readonly label: string;
  /** Empty where there is no room for it. */
  readonly barDone: string;
  readonly barRest: string;
  readonly details: string;
}

interface RowContent {
  readonly label: string;
  readonly share: number;
  /** The most telling first; those that do not fit are left out from the end. */
  readonly details: readonly string[];
}

/**
 * The live region of a run: a row a running trial and one for the study, none longer than `columns - 1` (a full
 * last column makes some terminals wrap).
 */
export function frameRows(
  state: RunState,
  plan: RunPlan,
  nowMs: number,
  columns: number,
  characters: BarCharacters,
): FrameRow[] {
  const contents = state.studyIsReady ? studyContents(state, plan, nowMs) : [];
  if (state.datasetProgress !== null) contents.unshift(datasetContent(state.datasetProgress));
  const labelWidth = Math.max(0, ...contents.map((content) => content.label.length));
  const details = contents.map((content) => fittingDetails(content.details, labelWidth, columns - 1));
  const detailsWidth = Math.max(0, ...details.map((text) => text.length));
  const room = columns - 1 - labelWidth - detailsWidth - 2 * GAP.length;
  const barWidth = room < MIN_BAR_WIDTH ? 0 : Math.min(room, MAX_BAR_WIDTH);
  return contents.map((content, index) => {
    const bar = progressBar(content.share, barWidth, characters);
    return {
      label: content.label.padEnd(labelWidth),
      barDone: bar.done,
      barRest: bar.rest,
      details: details[index] ?? '',
    };
  });
}

/** A row as text without colours; what is coloured keeps its length. */
export function rowText(row: FrameRow): string {
  return [row.label, row.barDone + row.barRest, row.details].filter((part) => part !== '').join(GAP);
}

function fittingDetails(details: readonly string[], labelWidth: number, width: number): string {
  const room = width - labelWidth - GAP.length - MIN_BAR_WIDTH - GAP.length;
  let text = '';
  for (const detail of details) {
    const longer = text === '' ? detail : `${text}${GAP}${detail}`;
    if (longer.length > room) break;
    text = longer;
  }
  return text;
}

function studyContents(state: RunState, plan: RunPlan, nowMs: number): RowContent[] {
  const rows = state.running.map((trial) => trialContent(trial, state, plan));
  const remaining = state.remainingTime(nowMs);
  const details = [`${state.finishedTrials}/${plan.nTrials} trials`];
  if (remaining !== null && state.finishedTrials < plan.nTrials) details.push(formatRemainingTime(remaining));
  if (state.best !== null) details.push(`best ${formatValue(state.best.value)}`);
  if (state.nPruned > 0) details.push(`${state.nPruned} pruned`);
  if (state.nFailed > 0) details.push(`${state.nFailed} failed`);
  return [...rows, { label: 'Study', share: state.share, details }];
}

function trialContent(trial: RunningTrial, state: RunState, plan: RunPlan): RowContent {
  const epoch = Math.min(trial.epoch + 1, plan.epochs);
  const epochWidth = String(plan.epochs).length;
  const details = [`epoch ${String(epoch).padStart(epochWidth)}/${plan.epochs}`];
  const value = trial.value === null ? '-' : formatValue(trial.value);
  details.push(`value ${value.padEnd('0.0000'.length)}`);
  if (trial.stepsPerEpoch > 0) details.push(`step ${trial.step}/${trial.stepsPerEpoch}`);
  return { label: `Trial ${trial.number}`, share: state.shareOf(trial), details };
}

function datasetContent(progress: { phase: string; done: number; total: number }): RowContent {
  const { done, total } = progress;
  return {
    label: 'Dataset',
    share: total === 0 ? 0 : done / total,
    details: [total === 0 ? `${progress.phase}, ${done} files` : `${progress.phase} ${done}/${total}`],
  };
}
