import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../base/json.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';
import { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import { IntDistribution } from '../distributions/int-distribution.ts';
import type { FrozenTrial, StudyDirection, TrialState } from '../study/frozen-trial.ts';
import type { Sampler, SamplerContext } from './base.ts';

/** Every kind of range, with one-value ranges and a choice of each type. */
const MIXED_SPACE: ReadonlyMap<string, Distribution> = new Map<string, Distribution>([
  ['lr', new FloatDistribution(1e-5, 1e-1, { log: true })],
  ['momentum', new FloatDistribution(0.5, 0.99)],
  ['dropout', new FloatDistribution(0, 0.6, { step: 0.1 })],
  ['layers', new IntDistribution(1, 8)],
  ['stride', new IntDistribution(-4, 20, { step: 3 })],
  ['units', new IntDistribution(1, 1024, { log: true })],
  ['norm', new CategoricalDistribution(['batch', null, true, 3])],
  ['fixed', new FloatDistribution(2, 2)],
  ['only', new CategoricalDistribution(['x'])],
]);

const FLOATS: ReadonlyMap<string, Distribution> = new Map([
  ['a', new FloatDistribution(-5, 5)],
  ['b', new FloatDistribution(0.001, 10, { log: true })],
]);

type Params = Readonly<Record<string, ParamValue>>;

/** How a trial ends: its state, values and reports. */
interface Outcome {
  readonly state?: TrialState;
  readonly values?: readonly number[];
  readonly reports?: readonly number[];
}

type Objective = (params: Params, number: number) => Outcome;

/** A study reduced to what a sampler sees of it: trials one after the other, kept in an array. */
export class SamplerLoop {
  readonly trials: FrozenTrial[] = [];
  readonly #directions: readonly StudyDirection[];

  constructor(directions: readonly StudyDirection[] = ['minimize']) {
    this.#directions = directions;
  }

  /** Ask for every parameter of `space`, run `objective`, keep the trial. @returns its parameters. */
  run(sampler: Sampler, space: ReadonlyMap<string, Distribution>, objective: Objective): Params {
    const number = this.trials.length;
    const params: Record<string, ParamValue> = {};
    const distributions = new Map<string, Distribution>();
    const trial: FrozenTrial = {
      trialId: number + 1,
      number,
      state: 'RUNNING',
      values: null,
      params,
      distributions,
      intermediateValues: new Map(),
      userAttrs: {},
      systemAttrs: {},
      datetimeStart: new Date(0),
      datetimeComplete: null,
    };
    const context: SamplerContext = {
      studyName: 'contract',
      directions: this.#directions,
      trials: [...this.trials, { ...trial, params: {}, distributions: new Map() }],
    };
    const relativeSpace = sampler.inferRelativeSearchSpace(context, trial);
    const relative = sampler.sampleRelative(context, trial, relativeSpace);
    for (const [name, distribution] of space) {
      params[name] = suggest(sampler, context, trial, relative, name, distribution);
      distributions.set(name, distribution);
    }
    this.#finish(sampler, context, trial, objective(params, number));
    return params;
  }

  /** Run `count` trials. @returns their parameters. */
  runMany(
    sampler: Sampler,
    space: ReadonlyMap<string, Distribution>,
    objective: Objective,
    count: number,
  ): Params[] {
    return Array.from({ length: count }, () => this.run(sampler, space, objective));
  }

  #finish(sampler: Sampler, context: SamplerContext, trial: FrozenTrial, outcome: Outcome): void {
    const { state = 'COMPLETE', values = null, reports = [] } = outcome;
    const attrs = sampler.afterTrial?.(context, trial, state, values);
    this.trials.push({
      ...trial,
      state,
      values,
      intermediateValues: new Map(reports.entries()),
      systemAttrs: attrs?.trialSystemAttrs ?? {},
      datetimeComplete: new Date(0),
    });
  }
}

function suggest(
  sampler: Sampler,
  context: SamplerContext,
  trial: FrozenTrial,
  relative: ReadonlyMap<string, ParamValue>,
  name: string,
  distribution: Distribution,
): ParamValue {
  if (distribution.single()) {
    return distribution.name === 'CategoricalDistribution'
      ? distribution.toExternalRepr(0)
      : distribution.low;
  }
  const joint = relative.get(name);
  if (joint !== undefined && distribution.contains(distribution.toInternalRepr(joint))) return joint;
  return sampler.sampleIndependent(context, trial, name, distribution);
}

/** The parameters of any of `trials` that lie outside their range, as text. */
function outside(trials: readonly Params[], space: ReadonlyMap<string, Distribution>): string[] {
  return trials.flatMap((params) =>
    [...space]
      .filter(([name, distribution]) => {
        const value = params[name];
        return value === undefined || !distribution.contains(distribution.toInternalRepr(value));
      })
      .map(([name]) => `${name} = ${String(params[name])}`),
  );
}

/** A bowl with its bottom at lr 1e-3; some trials fail or are pruned, as in life. */
function bowl(params: Params, number: number): Outcome {
  const value = (Math.log10(Number(params.lr ?? 1)) + 3) ** 2 + Number(params.momentum ?? 0);
  if (number % 11 === 7) return { state: 'FAIL' };
  if (number % 5 === 3) return { state: 'PRUNED', values: [value], reports: [value + 1, value] };
  return { values: [value] };
}

function hostile(_params: Params, number: number): Outcome {
  const extremes = [Infinity, -Infinity, 0, Number.MAX_VALUE, -Number.MIN_VALUE];
  if (number % 4 === 3) return { state: 'PRUNED', reports: number % 8 === 3 ? [1, NaN] : [] };
  return { values: [extremes[number % extremes.length] ?? 0] };
}

/**
 * Declare the tests that every sampler for one objective must pass.
 *
 * @param create makes a new sampler with a seed, the same each time.
 */
export function describeSampler(name: string, create: (seed: number) => Sampler): void {
  describe(`${name} keeps the contract of samplers`, () => {
    it('stays inside every range, from an empty history on', () => {
      const loop = new SamplerLoop();
      expect(outside(loop.runMany(create(1), MIXED_SPACE, bowl, 45), MIXED_SPACE)).toEqual([]);
    });

    it('repeats itself from the same seed, and differs from another', () => {
      const first = new SamplerLoop().runMany(create(5), MIXED_SPACE, bowl, 30);
      expect(new SamplerLoop().runMany(create(5), MIXED_SPACE, bowl, 30)).toEqual(first);
      expect(new SamplerLoop().runMany(create(6), MIXED_SPACE, bowl, 30)).not.toEqual(first);
    });

    it.each([0, 1, 9, 10, 23])('carries on from a state saved after %i trials', (before) => {
      const whole = new SamplerLoop().runMany(create(2), MIXED_SPACE, bowl, 35);
      const loop = new SamplerLoop();
      const sampler = create(2);
      const start = loop.runMany(sampler, MIXED_SPACE, bowl, before);
      const state = JSON.parse(JSON.stringify(sampler.getState())) as JsonObject;
      const resumed = create(77);
      resumed.setState(state);
      expect(resumed.getState()).toEqual(state);
      expect([...start, ...loop.runMany(resumed, MIXED_SPACE, bowl, 35 - before)]).toEqual(whole);
    });

    it('keeps its state small', () => {
      const sampler = create(3);
      new SamplerLoop().runMany(sampler, MIXED_SPACE, bowl, 40);
      expect(JSON.stringify(sampler.getState()).length).toBeLessThan(300);
    });

    it("refuses another sampler's state", () => {
      expect(() => create(0).setState({ sampler: 'another' })).toThrow(
        expect.objectContaining({ field: 'state' }) as Error,
      );
    });

    it.each(['minimize', 'maximize'] as const)(
      'lives with infinite values and NaN reports: %s',
      (direction) => {
        const loop = new SamplerLoop([direction]);
        expect(outside(loop.runMany(create(4), FLOATS, hostile, 40), FLOATS)).toEqual([]);
      },
    );

    it('follows ranges that change from trial to trial', () => {
      const loop = new SamplerLoop();
      const sampler = create(8);
      for (let i = 0; i < 40; i++) {
        const low = (i % 7) - 3;
        const space = new Map<string, Distribution>([
          ['a', new FloatDistribution(low, low + 0.5)],
          ['n', new IntDistribution(i % 3, 3 + (i % 5))],
          ['g', new FloatDistribution(0, 1, { step: i % 2 === 0 ? 0.25 : 0.1 })],
        ]);
        const params = loop.run(sampler, space, (given) => ({ values: [Number(given.a)] }));
        expect(outside([params], space)).toEqual([]);
      }
    });

    it('suggests parameters that only some trials have', () => {
      const loop = new SamplerLoop();
      const sampler = create(9);
      for (let i = 0; i < 40; i++) {
        const space = new Map<string, Distribution>(FLOATS);
        if (i % 3 === 0) space.set('rare', new IntDistribution(0, 9));
        if (i === 39) space.set('new', new CategoricalDistribution([false, true]));
        expect(outside([loop.run(sampler, space, bowl)], space)).toEqual([]);
      }
    });
  });
}
