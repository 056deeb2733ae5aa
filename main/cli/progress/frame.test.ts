import { describe, expect, it } from 'vitest';
import { frameRows, rowText } from './frame.ts';
import { ASCII_BAR, progressBar, UNICODE_BAR } from './progress-bar.ts';
import { complete, PLAN, progress, pruned, reported, started, studyReady } from './run-events.fixture.ts';
import { RunState } from './run-state.ts';

const PLAN_OF_12 = { ...PLAN, nTrials: 12 };

function stateAfterSomeTrials(): RunState {
  const state = new RunState(PLAN_OF_12, 0);
  state.apply(studyReady(2), 0);
  for (const number of [2, 3, 4]) state.apply(complete(number, 1.4, number === 2), 0);
  state.apply(pruned(5), 0);
  for (const number of [6, 10]) state.apply(started(number), 0);
  state.apply(reported(6, 8, 0.7412), 0);
  state.apply(progress(6, 9, 13), 0);
  return state;
}

function frame(columns: number): string[] {
  return frameRows(stateAfterSomeTrials(), PLAN_OF_12, 0, columns, ASCII_BAR).map(rowText);
}

describe('frameRows', () => {
  it('draws a bar a running trial and one for the study', () => {
    expect(frame(100)).toEqual([
      'Trial 6   ##############................  epoch 10/20  value 0.7412  step 13/27',
      'Trial 10  ..............................  epoch  1/20  value -     ',
      'Study     ################..............  6/12 trials  4 to 5 min left  best 1.4000  1 pruned',
    ]);
  });

  it.each([20, 40, 59, 60, 80, 200])('fits into %d columns', (columns) => {
    for (const row of frame(columns)) expect(row.length).toBeLessThan(columns);
  });

  it('gives up details before the bars', () => {
    expect(frame(46)).toEqual([
      'Trial 6   ###>....  epoch 10/20  value 0.7412',
      'Trial 10  ........  epoch  1/20  value -     ',
      'Study     ####....  6/12 trials',
    ]);
  });
});

describe('progressBar', () => {
  it.each([
    [0, '────'],
    [0.13, '╸───'],
    [0.5, '━━──'],
    [0.99, '━━━╸'],
    [1, '━━━━'],
    [7, '━━━━'],
  ])('draws %d as %s', (share, bar) => {
    const { done, rest } = progressBar(share, 4, UNICODE_BAR);
    expect(done + rest).toBe(bar);
  });
});
