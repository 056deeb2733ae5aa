import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import type { ParamValue } from '../../../core/distributions/base.ts';
import type { RunEvent } from '../../engine/run-contract.ts';
import type { ProgressView, RunPlan } from './base.ts';
import { eventLines, type EventLine, fitDetails, type LineTone } from './event-lines.ts';
import { frameRows, rowText } from './frame.ts';
import type { BarCharacters } from './progress-bar.ts';
import { RunState } from './run-state.ts';

/** At most ten frames a second, however fast the steps come. */
const REDRAW_INTERVAL_MS = 100;
/** The remaining time moves on while nothing happens. */
const IDLE_REDRAW_MS = 1000;
/** Where the terminal does not tell its width. */
const DEFAULT_COLUMNS = 80;

const STYLES: Readonly<Record<LineTone, 'green' | 'yellow' | 'dim' | null>> = {
  normal: null,
  good: 'green',
  warning: 'yellow',
  faint: 'dim',
};

/** A terminal as a stream; `process.stderr` fits. */
export type TerminalStream = NodeJS.WriteStream;

/**
 * A live region at the bottom of a terminal, a bar a running trial and one for the study, below the lines of what
 * is finished.
 */
export class TerminalProgress implements ProgressView {
  readonly #stream: TerminalStream;
  readonly #plan: RunPlan;
  readonly #characters: BarCharacters;
  readonly #now: () => number;
  readonly #state: RunState;
  readonly #region: ReturnType<typeof createLogUpdate>;
  readonly #params = new Map<number, Readonly<Record<string, ParamValue>>>();
  readonly #onResize = () => this.#resized();
  /** Lines that the next frame puts above the live region. */
  #pendingLines: EventLine[] = [];
  /** Rows on the screen, without colours. */
  #shownRows: readonly string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #timerIsIdle = false;
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(
    stream: TerminalStream,
    plan: RunPlan,
    characters: BarCharacters,
    now: () => number = Date.now,
  ) {
    this.#stream = stream;
    this.#plan = plan;
    this.#characters = characters;
    this.#now = now;
    this.#state = new RunState(plan, now());
    this.#region = createLogUpdate(stream);
    stream.on('resize', this.#onResize);
  }

  show(event: RunEvent): void {
    this.#state.apply(event, this.#now());
    if (event.type === 'trial-started') this.#params.set(event.number, event.params);
    const params = 'number' in event ? (this.#params.get(event.number) ?? {}) : {};
    this.#pendingLines.push(...eventLines(event, this.#plan, params));
    this.#schedule();
  }

  note(line: string): void {
    this.#pendingLines.push({ text: line, tone: 'normal' });
    this.#draw();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#cancelTimer();
    this.#stream.off('resize', this.#onResize);
    this.#printLines();
    this.#region.clear();
    this.#region.done();
    this.#isClosed = true;
  }

  #schedule(): void {
    if (this.#isClosed || (this.#timer !== null && !this.#timerIsIdle)) return;
    this.#cancelTimer();
    const dueMs = this.#drawnAtMs + REDRAW_INTERVAL_MS - this.#now();
    this.#startTimer(Math.max(dueMs, 0), false);
  }

  #startTimer(delayMs: number, isIdle: boolean): void {
    this.#timerIsIdle = isIdle;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#draw();
    }, delayMs);
    // A view never keeps the process alive.
    this.#timer.unref();
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #draw(): void {
    if (this.#isClosed) return;
    this.#cancelTimer();
    this.#drawnAtMs = this.#now();
    this.#printLines();
    const rows = frameRows(this.#state, this.#plan, this.#drawnAtMs, this.#columns, this.#characters);
    if (rows.length > 0) {
      const coloured = rows.map((row) =>
        rowText({
          label: row.label,
          barDone: row.barDone === '' ? '' : styleText('cyan', row.barDone, { stream: this.#stream }),
          barRest: row.barRest === '' ? '' : styleText('dim', row.barRest, { stream: this.#stream }),
          details: row.details,
        }),
      );
      this.#region(coloured.join('\n'));
    }
    this.#shownRows = rows.map(rowText);
    this.#startTimer(IDLE_REDRAW_MS, true);
  }

  #printLines(): void {
    if (this.#pendingLines.length === 0) return;
    const columns = this.#columns;
    const lines = this.#pendingLines.map((line) => colour(fold(line, columns), line.tone, this.#stream));
    this.#pendingLines = [];
    this.#region.persist(lines.join('\n'));
  }

  /**
   * Terminals fold rows that have become too long, and the region would erase as many rows as it wrote: erase
   * the folded ones first. The cursor stands below the last row.
   */
  #resized(): void {
    const folded = this.#shownRows.map((row) => Math.max(Math.ceil(row.length / this.#columns), 1) - 1);
    const extraRows = folded.reduce((sum, rows) => sum + rows, 0);
    for (let row = 0; row < extraRows; row++) this.#stream.write('\u001B[1A\u001B[2K');
    this.#draw();
  }

  get #columns(): number {
    return this.#stream.columns > 0 ? this.#stream.columns : DEFAULT_COLUMNS;
  }
}

function fold(line: EventLine, columns: number): string {
  const prefix = line.prefix ?? '';
  const text = wrapAnsi(fitDetails(line, columns), Math.max(columns - prefix.length, 1), { hard: true });
  return prefix + text.replaceAll('\n', `\n${' '.repeat(prefix.length)}`);
}

function colour(text: string, tone: LineTone, stream: TerminalStream): string {
  const style = STYLES[tone];
  return style === null ? text : styleText(style, text, { stream });
}
