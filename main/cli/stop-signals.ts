import type { StudyRun } from '../engine/run-contract.ts';

/** Signals that ask a run to stop. Windows knows SIGINT and SIGHUP (the closed console) only; the rest is harmless. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One key press may arrive twice: from the terminal, and from npm, which passes on what it gets. A person who means
 * it presses again later than this.
 */
const SAME_PRESS_MS = 300;

/** Where signals come from; `process` fits. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** Called with the first sign that a run is to stop. */
export type StopNote = (line: string) => void;

/**
 * Stop the run at the next batch when a signal comes, and at once when another does.
 *
 * @param note says what happens now, and what to do to be faster.
 * @returns a function that gives the signals their usual meaning back.
 */
export function stopOnSignals(
  run: Pick<StudyRun, 'interrupt' | 'interruptNow'>,
  note: StopNote,
  source: SignalSource = process,
  now: () => number = Date.now,
): () => void {
  let firstAtMs: number | null = null;
  let isStoppingNow = false;
  const listener = (signal: NodeJS.Signals) => {
    if (firstAtMs === null) {
      firstAtMs = now();
      const again = signal === 'SIGINT' ? 'press Ctrl-C again' : 'send the signal again';
      note(`Stopping at the next batch; ${again} to stop at once.`);
      run.interrupt();
      return;
    }
    if (isStoppingNow || now() - firstAtMs < SAME_PRESS_MS) return;
    isStoppingNow = true;
    note('Stopping at once.');
    run.interruptNow();
  };
  for (const signal of STOP_SIGNALS) source.on(signal, listener);
  return () => {
    for (const signal of STOP_SIGNALS) source.off(signal, listener);
  };
}

/**
 * Run work that has no middle to stop at, and give it up at the first signal.
 *
 * @returns what the work gives, or null where it was given up.
 */
export async function abortOnSignals<T>(
  work: (signal: AbortSignal) => Promise<T>,
  source: SignalSource = process,
): Promise<T | null> {
  const controller = new AbortController();
  const listener = () => controller.abort();
  for (const signal of STOP_SIGNALS) source.on(signal, listener);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return null;
    throw error;
  } finally {
    for (const signal of STOP_SIGNALS) source.off(signal, listener);
  }
}
