import { expect, it } from 'vitest';
import { PlainProgress } from './plain-progress.ts';
import {
  BACKEND,
  complete,
  DATASET_READY,
  failed,
  PLAN,
  progress,
  pruned,
  reported,
  started,
  studyReady,
} from './run-events.fixture.ts';

function view(plan = PLAN) {
  const clock = { nowMs: 0 };
  let text = '';
  const stream = {
    write(part: string) {
      text += part;
    },
  };
  return {
    clock,
    progress: new PlainProgress(stream, plan, () => clock.nowMs),
    lines: () => text.split('\n').slice(0, -1),
  };
}

it('tells a run in plain lines', () => {
  const { progress: plain, lines } = view();
  const run = [DATASET_READY, studyReady(), BACKEND, started(0), progress(0, 0, 1), complete(0, 1.42, true)];
  for (const event of [...run, pruned(1), failed(2), complete(3, 1.2, false)]) plain.show(event);
  expect(lines()).toEqual([
    'Dataset  /pictures/sprites',
    '         1200 images in 2 classes (class folders), trained at 40x80 pixels',
    'Split    840 train, 180 validation, 180 test',
    'Warning: 7 files left out as unreadable:',
    '  cat/0.png: truncated PNG',
    '  cat/1.png: truncated PNG',
    '  cat/2.png: truncated PNG',
    '  cat/3.png: truncated PNG',
    '  cat/4.png: truncated PNG',
    '  and 2 more',
    ...[0, 1, 2, 3, 4].map((name) => `Warning: The class "${name}" has only 6 images.`),
    'Warning: 2 more remarks on the images are left out here.',
    'Study    sprites (new, 4 trials of up to 20 epochs)',
    'Storage  /studies/library.db',
    'Jobs     one trial at a time',
    'Backend  wasm (relaxed SIMD)',
    'Trial 0 started: batch_size 32, lr 0.00182, optimizer AdamW',
    'Trial 0 complete: 1.4200 (best)  batch_size 32, lr 0.00182, optimizer AdamW  in 41 s',
    'Trial 1 pruned at epoch 4: 0.61 is below the median 0.74 of 9 trials',
    'Trial 2 failed: the loss is not a number in epoch 2 (lr 0.01).',
    'Trial 3 complete: 1.2000  in 41 s',
  ]);
});

it('says what a study carries on from', () => {
  const { progress: plain, lines } = view();
  for (const event of [studyReady(2, [1, 3]), started(1, 3)]) plain.show(event);
  expect(lines()).toEqual([
    'Study    sprites (carrying on, 2 of 4 trials finished before)',
    'Storage  /studies/library.db',
    'Jobs     one trial at a time',
    'Trials 1, 3 were cut off in an earlier run and are carried on.',
    'Trial 1 carries on at epoch 4: batch_size 32, lr 0.00182, optimizer AdamW',
  ]);
});

it.each([
  ['carrying on, 0 of 4 trials finished before', studyReady(0, [], 2)],
  ['nothing left to run, 4 trials finished before', studyReady(4)],
  ['nothing left to run, 6 trials finished before, 4 asked for', studyReady(6)],
])('says that a study is %s', (standing, event) => {
  const { progress: plain, lines } = view();
  plain.show(event);
  expect(lines().slice(0, 2)).toEqual([`Study    sprites (${standing})`, 'Storage  /studies/library.db']);
  expect(lines()).toHaveLength(standing.startsWith('nothing') ? 2 : 3);
});

it('names no size of images where the space varies it', () => {
  const { progress: plain, lines } = view({ ...PLAN, variesImageSize: true });
  plain.show(DATASET_READY);
  expect(lines()[1]).toBe('         1200 images in 2 classes (class folders), trained at sizes of the space');
});

it('says how the study stands, not more often than somebody would read it', () => {
  const { progress: plain, lines, clock } = view({ ...PLAN, nTrials: 100 });
  plain.show(studyReady());
  for (let number = 0; number < 40; number++) {
    clock.nowMs += 1000;
    plain.show(complete(number, 1.2, false));
    plain.show(reported(number, 4, 0.7));
  }
  const standing = lines().filter((line) => line.includes('left'));
  expect(standing).toEqual([
    '15 of 100 trials finished, 58 to 59 min left',
    '30 of 100 trials finished, 47 to 48 min left',
  ]);
  expect(lines().filter((line) => line.includes('at epoch 5 of 20: 0.7000'))).toHaveLength(1);
});
