import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, setLogger } from '../../base/logging.ts';
import type { Distribution } from '../../distributions/base.ts';
import { CategoricalDistribution } from '../../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../../distributions/float-distribution.ts';
import { IntDistribution } from '../../distributions/int-distribution.ts';
import { describeSampler, SamplerLoop } from '../sampler.contract.ts';
import { hyperoptParameters, type TPESamplerOptions } from './options.ts';
import { TPESampler } from './tpe-sampler.ts';

const VARIANTS: Readonly<Record<string, TPESamplerOptions>> = {
  'TPESampler, univariate': {},
  'TPESampler, multivariate': { multivariate: true, warnIndependentSampling: false },
  'TPESampler, multivariate by groups': { multivariate: true, group: true, warnIndependentSampling: false },
  'TPESampler, constant liar without a prior': {
    constantLiar: true,
    considerPrior: false,
    considerEndpoints: true,
  },
};

for (const [name, options] of Object.entries(VARIANTS)) {
  describeSampler(name, (seed) => new TPESampler({ ...options, seed }));
}

const CHOICES = ['a', 'bb', 'bbbb', 'c'];
const SPACE: ReadonlyMap<string, Distribution> = new Map<string, Distribution>([
  ['x', new FloatDistribution(-5, 5)],
  ['choice', new CategoricalDistribution(CHOICES)],
]);

let warnings: string[];
let previous: Logger;

beforeEach(() => {
  warnings = [];
  previous = setLogger({ info() {}, warn: (message) => warnings.push(message) });
});

afterEach(() => {
  setLogger(previous);
});

describe('options that are functions', () => {
  const recorded = JSON.parse(
    readFileSync(new URL('./callables.recorded.json', import.meta.url), 'utf8'),
  ) as Record<string, [number, string][]>;
  const cases: [string, TPESamplerOptions][] = [
    ['gamma', { gamma: (n) => Math.floor((n + 1) / 2) }],
    ['weights', { weights: (n) => Array.from({ length: n }, (_, i) => i + 1) }],
    [
      'distance',
      {
        categoricalDistanceFunc: {
          choice: (a, b) => Math.abs(String(a).length - String(b).length) + (a === b ? 0 : 1),
        },
      },
    ],
    ['hyperopt', hyperoptParameters()],
  ];

  it.each(cases)('%s: suggests what Optuna suggests', (name, options) => {
    const trials = new SamplerLoop().runMany(
      new TPESampler({ ...options, seed: 3 }),
      SPACE,
      ({ x, choice }) => ({ values: [(Number(x) - 1.5) ** 2 + 0.5 * CHOICES.indexOf(String(choice))] }),
      40,
    );
    const wanted = recorded[name] ?? [];
    expect(trials.map(({ choice }) => choice)).toEqual(wanted.map(([, choice]) => choice));
    for (const [i, { x }] of trials.entries()) expect(x).toBeCloseTo(wanted[i]![0], 8);
  });
});

function runConstrained(constraintsFunc: () => readonly number[]): SamplerLoop {
  const loop = new SamplerLoop();
  loop.run(new TPESampler({ seed: 0, constraintsFunc }), SPACE, () => ({ values: [1] }));
  return loop;
}

/** Trials of which every second has a parameter more. */
function runConditional(options: TPESamplerOptions): void {
  const loop = new SamplerLoop();
  const sampler = new TPESampler({ seed: 0, nStartupTrials: 2, multivariate: true, ...options });
  for (let i = 0; i < 6; i++) {
    const space = i % 2 === 0 ? SPACE : new Map([...SPACE, ['extra', new IntDistribution(0, 5)] as const]);
    loop.run(sampler, space, () => ({ values: [i] }));
  }
}

describe('constraints', () => {
  it('are kept with the trial under the name that Optuna gives them', () => {
    expect(runConstrained(() => [1, -Infinity]).trials[0]?.systemAttrs).toEqual({
      constraints: [1, -Infinity],
    });
  });

  it('are not asked for where a trial fails', () => {
    const loop = new SamplerLoop();
    const sampler = new TPESampler({ seed: 0, constraintsFunc: () => [NaN] });
    loop.run(sampler, SPACE, () => ({ state: 'FAIL' }));
    expect(loop.trials[0]?.systemAttrs).toEqual({});
  });

  it('must not be NaN', () => {
    expect(() => runConstrained(() => [0, NaN])).toThrow('constraintsFunc gave NaN for trial 0');
  });

  it('that are missing put a trial last, with a warning', () => {
    const loop = new SamplerLoop();
    loop.runMany(new TPESampler({ seed: 0 }), SPACE, () => ({ values: [0] }), 10);
    loop.run(new TPESampler({ seed: 0, constraintsFunc: () => [0] }), SPACE, () => ({ values: [1] }));
    expect(warnings[0]).toBe('Trial 0 has no constraint values and comes after all trials that have them.');
  });
});

describe('several objectives', () => {
  it('live with trials of infinite values and with pruned trials', () => {
    const loop = new SamplerLoop(['minimize', 'maximize']);
    const extremes = [Infinity, -Infinity, 0, 1];
    const sampler = new TPESampler({ seed: 0, nStartupTrials: 5, gamma: (n) => n });
    const trials = loop.runMany(
      sampler,
      SPACE,
      (_, number) =>
        number % 6 === 4
          ? { state: 'PRUNED' }
          : { values: [extremes[number % 4] ?? 0, extremes[(number * 3 + 1) % 4] ?? 0] },
      30,
    );
    expect(trials.every(({ x }) => Math.abs(Number(x)) <= 5)).toBe(true);
  });
});

describe('sampling alone in multivariate mode', () => {
  it('is warned of for a parameter that was seen before', () => {
    runConditional({});
    expect(warnings[0]).toContain("The parameter 'extra' is sampled alone");
  });

  it('is not warned of where that is switched off, nor with groups', () => {
    runConditional({ warnIndependentSampling: false });
    runConditional({ group: true });
    expect(warnings).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each<[string, TPESamplerOptions]>([
    ['priorWeight', { priorWeight: 0 }],
    ['priorWeight', { priorWeight: -1, considerPrior: false }],
    ['nStartupTrials', { nStartupTrials: -1 }],
    ['nEiCandidates', { nEiCandidates: 0 }],
    ['group', { group: true }],
    ['seed', { seed: -3 }],
  ])('%s: %j', (field, options) => {
    expect(() => new TPESampler(options)).toThrow(expect.objectContaining({ field }) as Error);
  });

  it.each<[string, TPESamplerOptions]>([
    ['gamma', { gamma: () => 0.5 }],
    ['weights', { weights: (n) => new Float64Array(n).fill(-1) }],
    ['weights', { weights: (n) => new Float64Array(n).fill(NaN) }],
    ['weights', { weights: (n) => new Float64Array(n) }],
    ['weights', { weights: () => [] }],
  ])('%s that gives what is unusable', (field, options) => {
    const sampler = new TPESampler({ ...options, seed: 0, nStartupTrials: 1 });
    expect(() => new SamplerLoop().runMany(sampler, SPACE, () => ({ values: [0] }), 4)).toThrow(
      expect.objectContaining({ field }) as Error,
    );
  });
});

describe('observations that the range cannot hold', () => {
  it('count as missing', () => {
    const loop = new SamplerLoop();
    const sampler = new TPESampler({ seed: 1, nStartupTrials: 5 });
    const first = new Map<string, Distribution>([['x', new FloatDistribution(-5, 5)]]);
    loop.runMany(sampler, first, ({ x }) => ({ values: [Number(x)] }), 12);
    const logarithmic = new Map<string, Distribution>([['x', new FloatDistribution(0.1, 5, { log: true })]]);
    const choices = new Map<string, Distribution>([['x', new CategoricalDistribution(CHOICES)]]);
    const { x } = loop.run(sampler, logarithmic, () => ({ values: [0] }));
    expect(Number(x)).toBeGreaterThanOrEqual(0.1);
    expect(CHOICES).toContain(loop.run(sampler, choices, () => ({ values: [0] })).x);
  });
});
