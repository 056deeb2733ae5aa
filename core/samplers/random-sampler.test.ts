import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import type { Distribution } from '../distributions/base.ts';
import { CategoricalDistribution } from '../distributions/categorical-distribution.ts';
import { FloatDistribution } from '../distributions/float-distribution.ts';
import { IntDistribution } from '../distributions/int-distribution.ts';
import { RandomSampler } from './random-sampler.ts';
import { describeSampler, SamplerLoop } from './sampler.contract.ts';

describeSampler('RandomSampler', (seed) => new RandomSampler({ seed }));

describe('RandomSampler', () => {
  it('gives grid points, integers and choices equal shares', () => {
    const space = new Map<string, Distribution>([
      ['grid', new FloatDistribution(0, 1, { step: 0.25 })],
      ['int', new IntDistribution(0, 4)],
      ['choice', new CategoricalDistribution([0, 0.25, 0.5, 0.75, 1])],
    ]);
    const counts = new Map<string, number>();
    const trials = new SamplerLoop().runMany(new RandomSampler({ seed: 0 }), space, () => ({}), 5000);
    for (const [name, value] of trials.flatMap((params) => Object.entries(params))) {
      counts.set(`${name} ${String(value)}`, (counts.get(`${name} ${String(value)}`) ?? 0) + 1);
    }
    expect(counts.size).toBe(15);
    // Six standard deviations of a binomial count with n = 5000, p = 0.2.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(170);
  });

  it('draws a seed of its own where none is given, and saves it', () => {
    const space = new Map([['x', new FloatDistribution(0, 1)]]);
    const sampler = new RandomSampler();
    const resumed = new RandomSampler();
    resumed.setState(sampler.getState());
    const next = new SamplerLoop().run(sampler, space, () => ({}));
    expect(new SamplerLoop().run(resumed, space, () => ({}))).toEqual(next);
  });

  it('refuses a range that is wider than doubles', () => {
    const space = new Map([['x', new FloatDistribution(-1e308, 1e308)]]);
    expect(() => new SamplerLoop().run(new RandomSampler({ seed: 0 }), space, () => ({}))).toThrow(
      InvalidInputError,
    );
  });
});
