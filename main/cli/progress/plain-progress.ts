import type { ParamValue } from '../../../core/distributions/base.ts';
import type { RunEvent } from '../../engine/run-contract.ts';
import { formatParams, formatValue } from '../output/format.ts';
import type { ProgressStream, ProgressView, RunPlan } from './base.ts';
import { eventLines, fitDetails } from './event-lines.ts';
import { formatRemainingTime } from './remaining-time.ts';
import { RunState } from './run-state.ts';

/** A file that grows is read later: how the study stands is said at most this often. */
const STANDING_INTERVAL_MS = 15_000;
/** Likewise for each trial's epochs and for reading the data set. */
const DETAIL_INTERVAL_MS = 30_000;

/** Plain lines, for pipes, files and terminals that cannot move the cursor. */
export class PlainProgress implements ProgressView {
  readonly #stream: ProgressStream;
  readonly #plan: RunPlan;
  readonly #now: () => number;
  readonly #state: RunState;
  readonly #params = new Map<number, Readonly<Record<string, ParamValue>>>();
  #standingSaidAtMs: number;
  #detailSaidAtMs: number;

  constructor(stream: ProgressStream, plan: RunPlan, now: () => number = Date.now) {
    this.#stream = stream;
    this.#plan = plan;
    this.#now = now;
    this.#state = new RunState(plan, now());
    this.#standingSaidAtMs = now();
    this.#detailSaidAtMs = now();
  }

  show(event: RunEvent): void {
    this.#state.apply(event, this.#now());
    if (event.type === 'trial-started') this.#started(event.number, event.params, event.doneEpochs);
    const params = 'number' in event ? (this.#params.get(event.number) ?? {}) : {};
    for (const line of eventLines(event, this.#plan, params))
      this.note((line.prefix ?? '') + fitDetails(line));
    if (event.type === 'trial-finished') this.#standing();
    if (event.type === 'trial-reported') {
      const value = formatValue(event.value);
      this.#detail(`Trial ${event.number} at epoch ${event.epoch + 1} of ${this.#plan.epochs}: ${value}`);
    }
    if (event.type === 'dataset-progress' && event.total > 0) {
      this.#detail(`Dataset ${event.phase}: ${event.done} of ${event.total} images`);
    }
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  close(): void {
    // Every line is complete when it is written.
  }

  #started(number: number, params: Readonly<Record<string, ParamValue>>, doneEpochs: number): void {
    this.#params.set(number, params);
    const verb = doneEpochs === 0 ? 'started' : `carries on at epoch ${doneEpochs + 1}`;
    this.note(`Trial ${number} ${verb}: ${formatParams(params)}`);
  }

  #standing(): void {
    const nowMs = this.#now();
    const remaining = this.#state.remainingTime(nowMs);
    if (remaining === null || nowMs - this.#standingSaidAtMs < STANDING_INTERVAL_MS) return;
    this.#standingSaidAtMs = nowMs;
    const finished = `${this.#state.finishedTrials} of ${this.#plan.nTrials} trials finished`;
    this.note(`${finished}, ${formatRemainingTime(remaining)}`);
  }

  #detail(line: string): void {
    const nowMs = this.#now();
    if (nowMs - this.#detailSaidAtMs < DETAIL_INTERVAL_MS) return;
    this.#detailSaidAtMs = nowMs;
    this.note(line);
  }
}
