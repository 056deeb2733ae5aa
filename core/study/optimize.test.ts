import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { HoneError, InvalidInputError, TrialPruned } from '../base/errors.ts';
import { setLogger } from '../base/logging.ts';
import { createStudy } from '../create-study.ts';
import { createTrial } from './create-trial.ts';
import { maxTrialsCallback } from './max-trials-callback.ts';
import type { Objective } from './optimize.ts';

const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  const log = (message: string) => logged.push(message);
  const previous = setLogger({ info: log, warn: log });
  return () => {
    setLogger(previous);
  };
});

const everyEnding: Objective = async (trial) => {
  await trial.report(trial.number, 3);
  if (trial.number === 1) throw new TrialPruned();
  if (trial.number === 2) throw new RangeError('too far');
  return trial.number === 3 ? Number.NaN : trial.number;
};

const broken: Objective = () => {
  throw new TypeError('broken');
};

const brokenAtFirst: Objective = async (trial) => {
  if (trial.number === 0) throw new TypeError('broken');
  await setImmediate();
  return 0;
};

describe('optimize', () => {
  it('runs to a total of finished trials, whatever their state', async () => {
    const study = await createStudy();
    await study.addTrial(createTrial({ state: 'FAIL' }));
    await study.addTrial(createTrial({ state: 'RUNNING' }));
    await study.optimize(() => 0, { nTrials: 4 });
    expect((await study.getTrials({ states: ['COMPLETE'] })).length).toBe(3);
    await study.optimize(() => 0, { nTrials: 4 });
    expect((await study.getTrials()).length).toBe(5);
  });

  it('ends trials as their objective does', async () => {
    const study = await createStudy();
    await study.optimize(everyEnding, { nTrials: 5, catch: [RangeError] });
    expect((await study.getTrials()).map((trial) => [trial.state, trial.values])).toEqual([
      ['COMPLETE', [0]],
      ['PRUNED', [1]],
      ['FAIL', null],
      ['FAIL', null],
      ['COMPLETE', [4]],
    ]);
    expect(logged).toContain('Trial 2 failed with parameters {}: RangeError: too far');
    expect(logged).toContain('Trial 3 failed with parameters {}: The value NaN is not acceptable.');
    expect(logged).toContain('Trial 1 pruned.');
  });

  it('fails the trial and ends with the error where nothing catches it', async () => {
    const study = await createStudy();
    await expect(study.optimize(broken, { nTrials: 3, catch: [RangeError] })).rejects.toThrow(TypeError);
    expect((await study.getTrials()).map((trial) => trial.state)).toEqual(['FAIL']);
  });

  it('leaves no trial RUNNING where the objective returns a number as text', async () => {
    const study = await createStudy();
    await expect(study.optimize(() => '3.5' as unknown as number, { nTrials: 3 })).rejects.toThrow(
      InvalidInputError,
    );
    expect((await study.getTrials()).map((trial) => trial.state)).toEqual(['FAIL']);
  });

  it('stops from an objective or a callback, and nowhere else', async () => {
    const study = await createStudy();
    expect(() => study.stop()).toThrow(HoneError);
    await study.optimize((trial) => {
      if (trial.number === 2) study.stop();
      return 0;
    });
    expect(await study.getTrials()).toHaveLength(3);
    const seen: number[] = [];
    const callbacks = [
      (_: unknown, trial: { number: number }) => {
        seen.push(trial.number);
      },
      maxTrialsCallback(5),
    ];
    await study.optimize(() => 0, { callbacks });
    expect(seen).toEqual([3, 4]);
    expect(() => study.stop()).toThrow(HoneError);
  });

  it('counts the states that maxTrialsCallback is told', async () => {
    const study = await createStudy();
    await study.optimize((trial) => (trial.number % 2 === 0 ? Number.NaN : 1), {
      callbacks: [maxTrialsCallback(3, ['FAIL'])],
    });
    expect(await study.getTrials()).toHaveLength(5);
    await study.optimize(() => 1, { callbacks: [maxTrialsCallback(8, null)] });
    expect(await study.getTrials()).toHaveLength(8);
  });

  it('starts nothing after the time is over or the signal aborted, and awaits what runs', async () => {
    const study = await createStudy();
    await study.optimize(() => 0, { timeoutS: 0 });
    expect(await study.getTrials()).toHaveLength(0);
    const controller = new AbortController();
    await study.optimize(
      async (trial) => {
        if (trial.number === 1) controller.abort();
        return 0;
      },
      { signal: controller.signal },
    );
    expect((await study.getTrials()).map((trial) => trial.state)).toEqual(['COMPLETE', 'COMPLETE']);
  });

  it('runs nJobs trials at the same time, and not one more than the total', async () => {
    const study = await createStudy();
    let underWay = 0;
    let most = 0;
    const objective: Objective = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await setImmediate();
      underWay -= 1;
      return 0;
    };
    await study.optimize(objective, { nTrials: 10, nJobs: 3 });
    expect([most, (await study.getTrials()).length]).toEqual([3, 10]);
    expect((await study.getTrials()).map((trial) => trial.number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('awaits the other jobs where one throws', async () => {
    const study = await createStudy();
    await expect(study.optimize(brokenAtFirst, { nTrials: 10, nJobs: 2 })).rejects.toThrow(TypeError);
    expect((await study.getTrials()).map((trial) => trial.state)).toEqual(['FAIL', 'COMPLETE']);
  });

  it('does not run inside itself', async () => {
    const study = await createStudy();
    const objective: Objective = async () => {
      await study.optimize(() => 0, { nTrials: 1 });
      return 0;
    };
    await expect(study.optimize(objective, { nTrials: 1 })).rejects.toThrow(HoneError);
  });

  it.each([{ nTrials: -1 }, { nTrials: 1.5 }, { nJobs: 0 }, { timeoutS: -1 }, { timeoutS: Number.NaN }])(
    'refuses %j',
    async (options) => {
      await expect((await createStudy()).optimize(() => 0, options)).rejects.toThrow(InvalidInputError);
    },
  );
});
