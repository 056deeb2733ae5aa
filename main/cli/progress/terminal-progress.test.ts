import { EventEmitter } from 'node:events';
import xterm from '@xterm/headless';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UNICODE_BAR } from './progress-bar.ts';
import {
  BACKEND,
  complete,
  DATASET_READY,
  PLAN,
  progress,
  pruned,
  reported,
  started,
  studyReady,
} from './run-events.fixture.ts';
import { TerminalProgress, type TerminalStream } from './terminal-progress.ts';

/** What happened to a terminal: text came, or its window was resized. */
type ScreenChange = { readonly text: string } | { readonly cols: number };

/** A terminal as a stream. It only records; {@link Screen.at} shows what stood on it at some moment. */
class Screen {
  readonly stream: TerminalStream;
  readonly #cols: number;
  readonly #changes: ScreenChange[] = [];

  constructor(cols: number) {
    this.#cols = cols;
    const write = (text: string) => this.#changes.push({ text });
    this.stream = Object.assign(new EventEmitter(), { write, isTTY: true, columns: cols, rows: 24 }) as never;
  }

  /** How much happened so far. */
  get now(): number {
    return this.#changes.length;
  }

  resize(cols: number): void {
    this.#changes.push({ cols });
    this.stream.columns = cols;
    this.stream.emit('resize');
  }

  /** Everything that is or was on the screen at a moment, without empty lines at the end. */
  async at(moment: number): Promise<string[]> {
    vi.useRealTimers();
    const terminal = new xterm.Terminal({
      cols: this.#cols,
      rows: 24,
      convertEol: true,
      allowProposedApi: true,
    });
    for (const change of this.#changes.slice(0, moment)) {
      if ('cols' in change) terminal.resize(change.cols, 24);
      else
        await new Promise<void>((resolve) => {
          terminal.write(change.text, resolve);
        });
    }
    const { active } = terminal.buffer;
    const rows = Array.from({ length: active.length }, (_, row) =>
      active.getLine(row)?.translateToString(true),
    );
    return rows.join('\n').trimEnd().split('\n');
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Let the next frame be drawn. */
function nextFrame(): void {
  vi.advanceTimersByTime(100);
}

describe('TerminalProgress', () => {
  it('keeps bars below the lines of what is finished', async () => {
    const screen = new Screen(80);
    const view = new TerminalProgress(screen.stream, PLAN, UNICODE_BAR);
    for (const event of [studyReady(), BACKEND, started(0), complete(0, 1.42, true), started(1)])
      view.show(event);
    nextFrame();
    for (const event of [reported(1, 4, 0.61), progress(1, 5, 13)]) view.show(event);
    nextFrame();
    const firstFrame = screen.now;
    for (const event of [pruned(1), started(2)]) view.show(event);
    nextFrame();
    view.note('Stopping at the next batch; press Ctrl-C again to stop at once.');
    const lastFrame = screen.now;
    view.close();

    expect(await screen.at(firstFrame)).toEqual([
      'Study    sprites (new, 4 trials of up to 20 epochs)',
      'Storage  /studies/library.db',
      'Jobs     one trial at a time',
      'Backend  wasm (relaxed SIMD)',
      'Trial 0 complete: 1.4200 (best)  batch_size 32, lr 0.00182, optimizer AdamW',
      'Trial 1  ━━━━━━━━──────────────────────  epoch  6/20  value 0.6100  step 13/27',
      'Study    ━━━━━━━━━╸────────────────────  1/4 trials  best 1.4200',
    ]);
    expect((await screen.at(lastFrame)).slice(4)).toEqual([
      'Trial 0 complete: 1.4200 (best)  batch_size 32, lr 0.00182, optimizer AdamW',
      'Trial 1 pruned at epoch 4: 0.61 is below the median 0.74 of 9 trials',
      'Stopping at the next batch; press Ctrl-C again to stop at once.',
      'Trial 2  ──────────────────────────────  epoch  1/20  value -     ',
      'Study    ━━━━━━━━━━━━━━━───────────────  2/4 trials  best 1.4200  1 pruned',
    ]);
    expect((await screen.at(screen.now)).at(-1)).toBe(
      'Stopping at the next batch; press Ctrl-C again to stop at once.',
    );
  });

  it('leaves nothing behind when the window becomes narrower and wider', async () => {
    const screen = new Screen(100);
    const view = new TerminalProgress(screen.stream, PLAN, UNICODE_BAR);
    for (const event of [studyReady(), started(0), started(1), started(2)]) view.show(event);
    for (const cols of [100, 44, 60, 30, 90]) {
      screen.resize(cols);
      for (const number of [0, 1, 2]) view.show(progress(number, 3, cols % 27));
      nextFrame();
    }
    expect((await screen.at(screen.now)).slice(3)).toEqual([
      expect.stringMatching(/^Trial 0 {2}━+╸?─+ {2}epoch {2}4\/20 {2}value - {7}step 9\/27$/),
      expect.stringMatching(/^Trial 1 /),
      expect.stringMatching(/^Trial 2 /),
      expect.stringMatching(/^Study {4}/),
    ]);
  });

  it('folds long lines at words, below the text they belong to', async () => {
    const screen = new Screen(40);
    const view = new TerminalProgress(screen.stream, PLAN, UNICODE_BAR);
    view.show(DATASET_READY);
    nextFrame();
    expect((await screen.at(screen.now)).slice(0, 4)).toEqual([
      'Dataset  /pictures/sprites',
      '         1200 images in 2 classes (class',
      '         folders), trained at 40x80',
      '         pixels',
    ]);
  });

  it('draws no more than a frame in a tenth of a second', () => {
    const screen = new Screen(80);
    const view = new TerminalProgress(screen.stream, PLAN, UNICODE_BAR);
    for (const event of [studyReady(), started(0)]) view.show(event);
    nextFrame();
    const before = screen.now;
    for (let step = 0; step < 1000; step++) {
      view.show(progress(0, Math.floor(step / 50), step % 27));
      vi.advanceTimersByTime(1);
    }
    expect(screen.now - before).toBeGreaterThan(5);
    expect(screen.now - before).toBeLessThanOrEqual(11);
  });
});
