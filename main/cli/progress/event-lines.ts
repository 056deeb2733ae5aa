import { stripVTControlCharacters } from 'node:util';
import type { ParamValue } from '../../../core/distributions/base.ts';
import type { DatasetSummary, RunEvent } from '../../engine/run-contract.ts';
import { count, formatDuration, formatParams, formatValue } from '../output/format.ts';
import type { RunPlan } from './base.ts';

/** Unreadable files and warnings that are told one by one; the rest is counted. */
const MAX_LISTED = 5;
/** Width of the words before a summary, so that the summaries line up. */
const LABEL_WIDTH = 'Dataset'.length;

/** How much a line matters, so that a terminal can colour it. */
export type LineTone = 'normal' | 'good' | 'faint' | 'warning';

/** A line that stays on the screen. */
export interface EventLine {
  /** Stands before the text; where the text is folded, as many spaces stand there instead. */
  readonly prefix?: string;
  readonly text: string;
  readonly tone: LineTone;
  /** What may follow the text where the line has room, the most telling part first. */
  readonly details?: readonly string[];
}

/** The text with as many of its details as fit into `columns`; all of them in a line without an end. */
export function fitDetails(line: EventLine, columns = Number.POSITIVE_INFINITY): string {
  // Names of files may hold anything, also what a terminal would obey.
  let text = stripVTControlCharacters(line.text);
  const room = columns - (line.prefix ?? '').length;
  for (const detail of line.details ?? []) {
    const longer = `${text}  ${detail}`;
    if (longer.length > room) break;
    text = longer;
  }
  return text;
}

/**
 * The lines in which an event is told, for every kind of view; none where the event only moves a bar.
 *
 * @param params of the trial that the event is about, where they are known.
 */
export function eventLines(
  event: RunEvent,
  plan: RunPlan,
  params: Readonly<Record<string, ParamValue>>,
): EventLine[] {
  switch (event.type) {
    case 'dataset-ready':
      return datasetLines(event.dataset, plan);
    case 'backend':
      return [labelled('Backend', backendText(event.name, event.description))];
    case 'study-ready':
      return studyLines(event, plan);
    case 'trial-finished':
      return [finishedLine(event, params)];
    case 'trial-waiting':
      return [{ text: `Trial ${event.number} waits to be carried on: ${event.reason}`, tone: 'faint' }];
    case 'storage-waiting':
      return [warning(event.message)];
    case 'storage-ready':
      return [normal('The study file can be written again.')];
    case 'warning':
      return [warning(event.message)];
    case 'dataset-progress':
    case 'trial-started':
    case 'trial-progress':
    case 'trial-reported':
      return [];
    default:
      return [];
  }
}

/** Descriptions begin with the name where nothing more telling stands before it. */
function backendText(name: string, description: string): string {
  return description.startsWith(name) ? description : `${name} (${description})`;
}

function datasetLines(dataset: DatasetSummary, { datasetFolder, variesImageSize }: RunPlan): EventLine[] {
  const { split } = dataset;
  const images = count(dataset.images, 'image');
  const classes = count(dataset.classes.length, 'class', 'classes');
  const size = variesImageSize ? 'sizes of the space' : `${dataset.imageHeight}x${dataset.imageWidth} pixels`;
  const lines = [
    labelled('Dataset', datasetFolder),
    labelled('', `${images} in ${classes} (${dataset.shape.replaceAll('-', ' ')}), trained at ${size}`),
    labelled('Split', `${split.train} train, ${split.validation} validation, ${split.test} test`),
  ];
  if (dataset.unreadable.length > 0) {
    lines.push(warning(`${count(dataset.unreadable.length, 'file')} left out as unreadable:`));
    for (const { path, reason } of dataset.unreadable.slice(0, MAX_LISTED)) {
      lines.push({ prefix: '  ', text: `${path}: ${reason}`, tone: 'warning' });
    }
    const more = dataset.unreadable.length - MAX_LISTED;
    if (more > 0) lines.push({ prefix: '  ', text: `and ${more} more`, tone: 'warning' });
  }
  lines.push(...dataset.warnings.slice(0, MAX_LISTED).map(warning));
  const moreWarnings = dataset.warnings.length - MAX_LISTED;
  if (moreWarnings > 0)
    lines.push(
      warning(`${count(moreWarnings, 'more remark', 'more remarks')} on the images are left out here.`),
    );
  return lines;
}

function studyLines(event: Extract<RunEvent, { type: 'study-ready' }>, plan: RunPlan): EventLine[] {
  const lines = [
    labelled('Study', `${event.studyName} (${progressBefore(event, plan)})`),
    labelled('Storage', plan.storageFile),
  ];
  if (event.finishedTrials < plan.nTrials) {
    lines.push(labelled('Jobs', event.jobs === 1 ? 'one trial at a time' : `${event.jobs} trials at a time`));
  }
  if (event.recoveredTrials.length > 0) lines.push(normal(recoveredLine(event.recoveredTrials)));
  return lines;
}

/** How far earlier runs brought the study. */
function progressBefore(
  { finishedTrials, waitingTrials }: Extract<RunEvent, { type: 'study-ready' }>,
  { nTrials, epochs }: RunPlan,
): string {
  if (finishedTrials > nTrials) {
    return `nothing left to run, ${finishedTrials} trials finished before, ${nTrials} asked for`;
  }
  if (finishedTrials === nTrials) return `nothing left to run, ${count(nTrials, 'trial')} finished before`;
  if (finishedTrials > 0 || waitingTrials > 0) {
    return `carrying on, ${finishedTrials} of ${count(nTrials, 'trial')} finished before`;
  }
  return `new, ${count(nTrials, 'trial')} of up to ${count(epochs, 'epoch')}`;
}

function recoveredLine(numbers: readonly number[]): string {
  return numbers.length === 1
    ? `Trial ${numbers[0]} was cut off in an earlier run and is carried on.`
    : `Trials ${numbers.join(', ')} were cut off in an earlier run and are carried on.`;
}

function finishedLine(
  event: Extract<RunEvent, { type: 'trial-finished' }>,
  params: Readonly<Record<string, ParamValue>>,
): EventLine {
  const trial = `Trial ${event.number}`;
  if (event.state === 'PRUNED') {
    const step = event.decision?.step ?? null;
    const where = step === null ? '' : ` at epoch ${step + 1}`;
    return { text: `${trial} pruned${where}: ${event.decision?.reason ?? 'by the pruner'}`, tone: 'faint' };
  }
  if (event.state === 'FAIL') {
    return { text: `${trial} failed: ${event.failure?.message ?? 'for an unknown reason'}`, tone: 'warning' };
  }
  const value = event.value === null ? 'no value' : formatValue(event.value);
  const details = [formatParams(params), `in ${formatDuration(event.durationMs)}`].filter(
    (part) => part !== '',
  );
  return event.isBest
    ? { text: `${trial} complete: ${value} (best)`, tone: 'good', details }
    : { text: `${trial} complete: ${value}`, tone: 'normal', details };
}

function labelled(label: string, text: string): EventLine {
  return { prefix: `${label.padEnd(LABEL_WIDTH)}  `, text, tone: 'normal' };
}

function normal(text: string): EventLine {
  return { text, tone: 'normal' };
}

function warning(text: string): EventLine {
  return { text: `Warning: ${text}`, tone: 'warning' };
}
