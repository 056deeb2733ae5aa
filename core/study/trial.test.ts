import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { HoneError, InvalidInputError, StorageError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { setLogger } from '../base/logging.ts';
import { createStudy } from '../create-study.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';
import { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import { IntDistribution } from '../distributions/int-distribution.ts';
import { NopPruner } from '../pruners/nop-pruner.ts';
import type { Sampler, SamplerContext, SearchSpace } from '../samplers/base.ts';
import { RandomSampler } from '../samplers/random-sampler.ts';
import type { TrialParam } from '../storage/base.ts';
import { InMemoryStorage } from '../storage/in-memory/in-memory-storage.ts';
import { createTrial } from './create-trial.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import { SAMPLER_STATE_KEY } from './sampler-state.ts';

let warnings: string[];

beforeEach(() => {
  warnings = [];
  const previous = setLogger({ info() {}, warn: (message) => warnings.push(message) });
  return () => {
    setLogger(previous);
  };
});

/** Samples what it was told to, and notes what it was asked for. */
class FixedSampler implements Sampler {
  readonly calls: string[] = [];
  readonly #relative: ReadonlyMap<string, readonly [Distribution, ParamValue]>;
  readonly #independent: ParamValue;

  constructor(relative: Record<string, readonly [Distribution, ParamValue]>, independent: ParamValue) {
    this.#relative = new Map(Object.entries(relative));
    this.#independent = independent;
  }

  inferRelativeSearchSpace(): SearchSpace {
    this.calls.push('infer');
    return new Map([...this.#relative].map(([name, [distribution]]) => [name, distribution]));
  }

  sampleRelative(): ReadonlyMap<string, ParamValue> {
    this.calls.push('relative');
    return new Map([...this.#relative].map(([name, [, value]]) => [name, value]));
  }

  sampleIndependent(_: SamplerContext, trial: FrozenTrial, name: string): ParamValue {
    this.calls.push(`${name} after ${Object.keys(trial.params).join()}`);
    return this.#independent;
  }

  getState(): JsonObject {
    return { calls: this.calls };
  }

  setState(): void {}
}

describe('suggest takes the first that applies', () => {
  const unit = new FloatDistribution(0, 1);

  it('the value suggested before, with a warning where the range changed', async () => {
    const trial = await (await createStudy({ sampler: new RandomSampler({ seed: 1 }) })).ask();
    const x = trial.suggestFloat('x', 0, 1);
    expect(trial.suggestFloat('x', 0, 1)).toBe(x);
    expect(warnings).toEqual([]);
    expect(trial.suggestFloat('x', 5, 6)).toBe(x);
    expect(warnings).toEqual(["Trial 0 asked for 'x' again with another range; the first value stays."]);
    expect(() => trial.suggestInt('x', 0, 1)).toThrow(InvalidInputError);
  });

  it('the enqueued value, also out of range, with a warning', async () => {
    const sampler = new FixedSampler({ x: [unit, 0.5] }, 0.25);
    const study = await createStudy({ sampler });
    await study.enqueueTrial({ x: 5, choice: 1, flag: null });
    const trial = await study.ask();
    expect(trial.suggestFloat('x', 0, 1)).toBe(5);
    expect(trial.suggestCategorical('choice', [true, 1])).toBe(true);
    expect(trial.suggestCategorical('flag', ['a', null])).toBeNull();
    expect(warnings).toEqual(["Trial 0: the enqueued value 5 of 'x' is out of range; it is used."]);
    expect(trial.suggestFloat('y', 0, 1)).toBe(0.25);
    expect(sampler.calls).toEqual(['infer', 'relative', 'y after x,choice,flag']);
    expect(await study.tell(trial, 1)).toMatchObject({ params: { x: 5, choice: true, flag: null, y: 0.25 } });
  });

  it('refuses an enqueued value of another kind', async () => {
    const study = await createStudy();
    await study.enqueueTrial({ x: 'abc', c: 'z' });
    const trial = await study.ask();
    expect(() => trial.suggestFloat('x', 0, 1)).toThrow(InvalidInputError);
    expect(() => trial.suggestCategorical('c', ['a', 'b'])).toThrow('none of the choices "a", "b"');
  });

  it('the only possible value, without asking the sampler', async () => {
    const sampler = new FixedSampler({}, 0.25);
    const trial = await (await createStudy({ sampler })).ask();
    expect(trial.suggestFloat('x', 2, 2)).toBe(2);
    expect(trial.suggestInt('n', 1, 3, { step: 5 })).toBe(1);
    expect(trial.suggestCategorical('c', ['only'])).toBe('only');
    expect(sampler.calls).toEqual(['infer']);
  });

  it('the joint sample, drawn once and only where it is inside the range asked for', async () => {
    const sampler = new FixedSampler(
      { x: [unit, 0.75], c: [new CategoricalDistribution([null, 'a']), null] },
      0.25,
    );
    const trial = await (await createStudy({ sampler })).ask();
    expect(trial.suggestFloat('x', 0, 1)).toBe(0.75);
    expect(trial.suggestCategorical('c', [null, 'a'])).toBeNull();
    const narrower = await (await createStudy({ sampler })).ask();
    expect(narrower.suggestFloat('x', 0, 0.5)).toBe(0.25);
    expect(sampler.calls).toEqual(['infer', 'relative', 'infer', 'relative', 'x after ']);
  });

  it('refuses a joint sample of another kind', async () => {
    const sampler = new FixedSampler({ x: [unit, 0.75] }, 0.25);
    const trial = await (await createStudy({ sampler })).ask();
    expect(() => trial.suggestFloat('x', 0.1, 1, { log: true })).toThrow(InvalidInputError);
  });

  it('an independent sample at last', async () => {
    const trial = await (await createStudy({ sampler: new FixedSampler({}, 3.9) })).ask();
    expect(trial.suggestInt('n', 0, 5)).toBe(3);
    await expect(trial.flush()).resolves.toBeUndefined();
  });
});

describe('one name, one kind in a study', () => {
  it('refuses another kind, other choices or another log, and allows another range', async () => {
    const study = await createStudy({ sampler: new RandomSampler({ seed: 0 }) });
    const first = await study.ask();
    first.suggestFloat('x', 1, 2);
    first.suggestCategorical('c', ['a', 'b']);
    await study.tell(first, 1);
    const second = await study.ask();
    expect(() => second.suggestInt('x', 0, 1)).toThrow(InvalidInputError);
    expect(() => second.suggestFloat('x', 1, 2, { log: true })).toThrow(InvalidInputError);
    expect(() => second.suggestCategorical('c', ['a', 'z'])).toThrow('does not support dynamic value space');
    expect(second.suggestFloat('x', 10, 20)).toBeGreaterThanOrEqual(10);
    expect(Object.keys((await study.tell(second, 1)).params)).toEqual(['x']);
  });

  it('tells at flush where another trial under way gave the name another kind', async () => {
    const study = await createStudy({ sampler: new RandomSampler({ seed: 0 }) });
    const [first, second] = [await study.ask(), await study.ask()];
    first.suggestFloat('x', 0, 1);
    second.suggestInt('x', 0, 1);
    await first.flush();
    await expect(second.flush()).rejects.toThrow(InvalidInputError);
    expect(await study.tell(second, null, { state: 'FAIL' })).toMatchObject({ state: 'FAIL', params: {} });
  });
});

describe('writing of suggestions', () => {
  /** Notes what is written, and fails as long as it is told to. */
  class WatchedStorage extends InMemoryStorage {
    readonly writes: string[][] = [];
    failing = false;

    override async setTrialParams(
      trialId: number,
      params: readonly TrialParam[],
      attrs?: JsonObject,
    ): Promise<void> {
      this.writes.push([...params.map((param) => param.name), ...Object.keys(attrs ?? {})]);
      if (this.failing) throw new StorageError('disk-full', 'The disk is full.');
      await super.setTrialParams(trialId, params, attrs);
    }
  }

  it('puts a synchronous run of suggestions into one transaction, with the state of the sampler', async () => {
    const storage = new WatchedStorage();
    const study = await createStudy({ storage, sampler: new RandomSampler({ seed: 0 }) });
    const trial = await study.ask();
    trial.suggestFloat('a', 0, 1);
    trial.suggestFloat('b', 0, 1);
    expect(storage.writes).toEqual([]);
    await trial.flush();
    trial.suggestFloat('c', 0, 1);
    await trial.report(1, 0);
    await study.tell(trial, 1);
    expect(storage.writes).toEqual([
      ['a', 'b', SAMPLER_STATE_KEY],
      ['c', SAMPLER_STATE_KEY],
    ]);
    expect((await study.systemAttrs())[SAMPLER_STATE_KEY]).toEqual(study.sampler.getState());
  });

  it('writes without being asked to, once the synchronous run is over', async () => {
    const study = await createStudy({ sampler: new RandomSampler({ seed: 0 }) });
    const trial = await study.ask();
    const a = trial.suggestFloat('a', 0, 1);
    await setImmediate();
    expect(await study.storage.getTrial(trial.trialId)).toMatchObject({ params: { a } });
  });

  it('keeps suggestions that a storage could not write, and tells the fault at the next await', async () => {
    const storage = new WatchedStorage();
    const study = await createStudy({ storage, sampler: new RandomSampler({ seed: 0 }) });
    const trial = await study.ask();
    storage.failing = true;
    const a = trial.suggestFloat('a', 0, 1);
    await expect(trial.report(1, 0)).rejects.toThrow(StorageError);
    await expect(study.tell(trial, 1)).rejects.toThrow(StorageError);
    storage.failing = false;
    const b = trial.suggestFloat('b', 0, 1);
    const told = await study.tell(trial, 1);
    expect(told).toMatchObject({ params: { a, b }, state: 'COMPLETE' });
    expect([...told.distributions.keys()]).toEqual(['a', 'b']);
  });
});

describe('report', () => {
  it('keeps the first value of a step, with a warning', async () => {
    const study = await createStudy();
    const trial = await study.ask();
    await trial.report(1, 0);
    await trial.report(2, 0);
    expect(warnings).toEqual(['Trial 0 reported step 0 before; the first value stays.']);
    expect((await study.storage.getTrial(trial.trialId)).intermediateValues).toEqual(new Map([[0, 1]]));
  });

  it('drops fractions of steps and takes numbers written as text, NaN and infinities', async () => {
    const study = await createStudy();
    const trial = await study.ask();
    await trial.report('1.5' as unknown as number, 1.5);
    await trial.report(Number.NaN, 7);
    await trial.report(Number.NEGATIVE_INFINITY, 3);
    expect([...(await study.tell(trial, 1)).intermediateValues]).toEqual([
      [1, 1.5],
      [3, Number.NEGATIVE_INFINITY],
      [7, Number.NaN],
    ]);
  });

  it.each([
    [1, -1],
    [1, Number.NaN],
    [null, 0],
    ['abc', 0],
    [undefined, 0],
  ])('refuses value %j at step %d', async (value, step) => {
    const trial = await (await createStudy()).ask();
    await expect(trial.report(value as number, step)).rejects.toThrow(InvalidInputError);
  });

  it('is not defined for several objectives, nor is shouldPrune', async () => {
    const trial = await (await createStudy({ directions: ['minimize', 'minimize'] })).ask();
    await expect(trial.report(1, 0)).rejects.toThrow(HoneError);
    await expect(trial.shouldPrune()).rejects.toThrow(HoneError);
  });
});

describe('shouldPrune', () => {
  it('asks the pruner, whose decision can be read with its numbers', async () => {
    const study = await createStudy();
    const values = new Map([[0, 1]]);
    await study.addTrials(
      Array.from({ length: 5 }, () => createTrial({ values: 1, intermediateValues: values })),
    );
    const trial = await study.ask();
    expect(await trial.shouldPrune()).toBe(false);
    await trial.report(2, 0);
    expect(await trial.shouldPrune()).toBe(true);
    expect(trial.lastPruneDecision).toMatchObject({
      rule: 'median',
      value: 2,
      threshold: 1,
      nTrials: 5,
      step: 0,
    });
    expect(await trial.pruneDecision()).toEqual(trial.lastPruneDecision);
  });

  it('never prunes with the nop pruner', async () => {
    const trial = await (await createStudy({ pruner: new NopPruner() })).ask();
    await trial.report(Number.NaN, 0);
    expect(await trial.shouldPrune()).toBe(false);
  });
});

describe('a trial that is carried on', () => {
  it('keeps its parameters and draws nothing', async () => {
    const sampler = new FixedSampler({ x: [new FloatDistribution(0, 1), 0.75] }, 0.25);
    const study = await createStudy({ sampler });
    const parts = { params: { x: 0.5 }, distributions: { x: new FloatDistribution(0, 1) } };
    await study.addTrial({
      ...createTrial({ state: 'WAITING', ...parts }),
      intermediateValues: new Map([[0, 9]]),
    });
    const trial = await study.ask();
    expect(trial.number).toBe(0);
    expect(trial.suggestFloat('x', 0, 1)).toBe(0.5);
    expect(sampler.calls).toEqual([]);
    expect(trial.suggestFloat('y', 0, 1)).toBe(0.25);
    expect(sampler.calls).toEqual(['y after x']);
    expect([...trial.freeze().intermediateValues]).toEqual([[0, 9]]);
    expect((await study.tell(trial, 1)).params).toEqual({ x: 0.5, y: 0.25 });
  });
});

describe('ask with distributions', () => {
  it('suggests them at once, in order', async () => {
    const study = await createStudy({ sampler: new RandomSampler({ seed: 3 }) });
    const trial = await study.ask({ n: new IntDistribution(1, 3), x: new FloatDistribution(0, 1) });
    expect([...trial.distributions.keys()]).toEqual(['n', 'x']);
    expect(await study.tell(trial, 0)).toMatchObject({ params: trial.params });
  });
});
