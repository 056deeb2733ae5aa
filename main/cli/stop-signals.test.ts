import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { stopOnSignals } from './stop-signals.ts';

function watch() {
  const calls: string[] = [];
  const source = new EventEmitter();
  const clock = { nowMs: 1000 };
  const run = { interrupt: () => void calls.push('interrupt'), interruptNow: () => void calls.push('now') };
  const giveBack = stopOnSignals(
    run,
    (line) => void calls.push(line),
    source,
    () => clock.nowMs,
  );
  return { calls, source, clock, giveBack };
}

it('stops at the next batch, then at once, and says so', () => {
  const { calls, source, clock } = watch();
  source.emit('SIGINT', 'SIGINT');
  clock.nowMs += 1000;
  source.emit('SIGINT', 'SIGINT');
  source.emit('SIGINT', 'SIGINT');
  expect(calls).toEqual([
    'Stopping at the next batch; press Ctrl-C again to stop at once.',
    'interrupt',
    'Stopping at once.',
    'now',
  ]);
});

it('takes what the terminal and npm both send for one key press', () => {
  const { calls, source, clock } = watch();
  source.emit('SIGINT', 'SIGINT');
  clock.nowMs += 5;
  source.emit('SIGINT', 'SIGINT');
  expect(calls).toHaveLength(2);
});

it('stops on SIGTERM and SIGHUP, and gives the signals back', () => {
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    const { calls, source, giveBack } = watch();
    source.emit(signal, signal);
    expect(calls[1]).toBe('interrupt');
    giveBack();
    expect(source.listenerCount(signal)).toBe(0);
  }
});
