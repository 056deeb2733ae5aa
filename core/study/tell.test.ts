import { beforeEach, describe, expect, it } from 'vitest';
import { HoneError, InvalidInputError, NotFoundError, UpdateFinishedTrialError } from '../base/errors.ts';
import { type Logger, setLogger } from '../base/logging.ts';
import { createStudy } from '../create-study.ts';
import type { TrialState } from './frozen-trial.ts';
import type { Study } from './study.ts';
import type { ObjectiveValue, TellOptions } from './tell.ts';

const SILENT: Logger = { info() {}, warn() {} };
const INF = Number.POSITIVE_INFINITY;

beforeEach(() => {
  const previous = setLogger(SILENT);
  return () => {
    setLogger(previous);
  };
});

/** Tell a new trial. @returns its state and values afterwards, and the error's class where telling threw. */
async function tellNew(study: Study, values: unknown, options: TellOptions = {}) {
  const trial = await study.ask();
  const error = await study.tell(trial, values as ObjectiveValue, options).then(
    () => null,
    (reason: unknown) => (reason as Error).constructor,
  );
  const { state, values: stored } = await study.storage.getTrial(trial.trialId);
  return { state, values: stored, error };
}

describe('tell without a state', () => {
  it.each([
    ['a number', 3.5, 'COMPLETE', [3.5]],
    ['an integer', 3, 'COMPLETE', [3]],
    ['a list of one', [2], 'COMPLETE', [2]],
    ['true as 1', true, 'COMPLETE', [1]],
    ['plus infinity', INF, 'COMPLETE', [INF]],
    ['minus infinity', -INF, 'COMPLETE', [-INF]],
    ['NaN', Number.NaN, 'FAIL', null],
    ['null', null, 'FAIL', null],
    ['undefined', undefined, 'FAIL', null],
    ['text', 'abc', 'FAIL', null],
    ['empty text', '', 'FAIL', null],
    ['an object', {}, 'FAIL', null],
    ['too many values', [1, 2], 'FAIL', null],
    ['no values', [], 'FAIL', null],
    ['a list with null', [null], 'FAIL', null],
  ])('takes %s', async (_, values, state, stored) => {
    const study = await createStudy();
    expect(await tellNew(study, values)).toEqual({ state, values: stored, error: null });
  });

  it.each(['3.5', ' 1e3 ', ['2']])(
    'refuses text that reads as a number (%j) and leaves the trial RUNNING',
    async (values) => {
      const study = await createStudy();
      expect(await tellNew(study, values)).toEqual({
        state: 'RUNNING',
        values: null,
        error: InvalidInputError,
      });
    },
  );

  it('needs one value an objective', async () => {
    const study = await createStudy({ directions: ['minimize', 'maximize'] });
    expect(await tellNew(study, [1, 2])).toEqual({ state: 'COMPLETE', values: [1, 2], error: null });
    expect(await tellNew(study, [1])).toMatchObject({ state: 'FAIL', values: null });
    expect(await tellNew(study, 1)).toMatchObject({ state: 'FAIL', values: null });
    expect(await tellNew(study, [1, Number.NaN])).toMatchObject({ state: 'FAIL', values: null });
  });

  it('warns where the values fail the trial', async () => {
    const warnings: string[] = [];
    setLogger({ info() {}, warn: (message) => warnings.push(message) });
    const study = await createStudy();
    await study.tell(await study.ask(), [1, 2]);
    expect(warnings).toEqual([
      'Trial 0 failed: The number of the values 2 did not match the number of the objectives 1.',
    ]);
  });
});

describe('tell with a state', () => {
  it.each([
    ['COMPLETE', Number.NaN],
    ['COMPLETE', null],
    ['COMPLETE', undefined],
    ['COMPLETE', 'abc'],
    ['COMPLETE', [1, 2]],
    ['PRUNED', 1],
    ['PRUNED', [1]],
    ['FAIL', 1],
    ['RUNNING', null],
    ['WAITING', null],
    ['RUNNING', 1],
    ['WAITING', 1],
  ] as const)('refuses %s with %j and leaves the trial RUNNING', async (state, values) => {
    const study = await createStudy();
    expect(await tellNew(study, values, { state } as TellOptions)).toEqual({
      state: 'RUNNING',
      values: null,
      error: InvalidInputError,
    });
  });

  it('completes and fails', async () => {
    const study = await createStudy();
    expect(await tellNew(study, 1, { state: 'COMPLETE' })).toMatchObject({ state: 'COMPLETE', values: [1] });
    expect(await tellNew(study, null, { state: 'FAIL' })).toMatchObject({ state: 'FAIL', values: null });
  });

  it.each([
    [
      'of the largest step, not of the last report',
      [
        [5, 0.5],
        [2, 0.2],
      ],
      [0.5],
    ],
    [
      'also where it is infinite',
      [
        [0, 1],
        [1, INF],
      ],
      [INF],
    ],
    [
      'unless it is NaN',
      [
        [0, 1],
        [1, Number.NaN],
      ],
      null,
    ],
    ['unless there is none', [], null],
  ] as const)('gives a PRUNED trial the value %s', async (_, reports, values) => {
    const study = await createStudy();
    const trial = await study.ask();
    for (const [step, value] of reports) await trial.report(value, step);
    expect(await study.tell(trial, null, { state: 'PRUNED' })).toMatchObject({ state: 'PRUNED', values });
  });

  it('gives a PRUNED trial of several objectives no values', async () => {
    const study = await createStudy({ directions: ['minimize', 'minimize'] });
    expect(await tellNew(study, null, { state: 'PRUNED' })).toMatchObject({ state: 'PRUNED', values: null });
  });
});

describe('which trial is told', () => {
  it('takes a number and makes durable what that trial suggested', async () => {
    const study = await createStudy();
    const trial = await study.ask();
    const x = trial.suggestFloat('x', 0, 1);
    expect(await study.tell(trial.number, 1)).toMatchObject({ number: 0, params: { x }, state: 'COMPLETE' });
  });

  it('refuses a number that no trial has', async () => {
    const study = await createStudy();
    await expect(study.tell(3, 1)).rejects.toThrow(NotFoundError);
  });

  it('refuses a finished trial, unless it may be skipped', async () => {
    const study = await createStudy();
    const trial = await study.ask();
    await study.tell(trial, 1);
    await expect(study.tell(trial, 2)).rejects.toThrow(
      'Trial 0 is COMPLETE, but only a RUNNING trial can be told.',
    );
    expect(await study.tell(trial, 2, { skipIfFinished: true })).toMatchObject({ values: [1] });
    expect(await study.tell(trial, null, { state: 'FAIL', skipIfFinished: true })).toMatchObject({
      state: 'COMPLETE',
    });
  });

  it('refuses a WAITING trial, also with skipIfFinished', async () => {
    const study = await createStudy();
    await study.enqueueTrial({ x: 1 });
    await expect(study.tell(0, 1, { skipIfFinished: true })).rejects.toThrow(HoneError);
    expect((await study.getTrials())[0]?.state).toBe<TrialState>('WAITING');
  });

  it('lets nothing change a finished trial', async () => {
    const study = await createStudy();
    const trial = await study.ask();
    await study.tell(trial, 1);
    await expect(trial.report(1, 0)).rejects.toThrow(UpdateFinishedTrialError);
    await expect(trial.setUserAttr('k', 1)).rejects.toThrow(UpdateFinishedTrialError);
    trial.suggestFloat('late', 0, 1);
    await expect(trial.flush()).rejects.toThrow(UpdateFinishedTrialError);
  });
});
