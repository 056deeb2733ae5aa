import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from './errors.ts';
import { pairwiseSum } from './pairwise-sum.ts';
import { RandomState } from './random-state.ts';

interface Draws {
  seed: number;
  random: number[];
  uniform: number[];
  randint: number[];
  weightedChoice: number[];
  shuffle: number[];
  permutation: number[];
  standardNormal: number[];
  afterSkip: number;
}

const { draws } = JSON.parse(readFileSync(new URL('./numpy.recorded.json', import.meta.url), 'utf8')) as {
  draws: Draws[];
};

function normalised(values: Float64Array): Float64Array {
  const sum = pairwiseSum(values);
  return values.map((value) => value / sum);
}

function drawThree(random: RandomState): number[] {
  return [random.standardNormal(), random.random(), random.randint(0, 1000)];
}

describe('RandomState', () => {
  it.each(draws)('draws what numpy draws from seed $seed', (wanted) => {
    const random = new RandomState(wanted.seed);
    expect([random.random(), random.random(), random.random()]).toEqual(wanted.random);
    expect([random.uniform(-5, 5), random.uniform(0.1, 0.7)]).toEqual(wanted.uniform);
    const ranges = [
      [0, 1],
      [0, 10],
      [1, 2 ** 31 - 2],
      [-3, 4],
      [0, 2 ** 32],
    ] as const;
    expect(ranges.map(([low, high]) => random.randint(low, high))).toEqual(wanted.randint);
    const weights = new Float64Array(9);
    random.fillRandom(weights);
    const chosen = new Int32Array(12);
    random.weightedChoice(normalised(weights), chosen);
    expect([...chosen]).toEqual(wanted.weightedChoice);
    const items = Array.from({ length: 13 }, (_, i) => i);
    random.shuffle(items);
    expect(items).toEqual(wanted.shuffle);
    expect([...random.permutation(21)]).toEqual(wanted.permutation);
    for (const normal of wanted.standardNormal) expect(random.standardNormal()).toBeCloseTo(normal, 14);
    random.fillRandom(new Float64Array(700));
    expect(random.random()).toBe(wanted.afterSkip);
  });

  it('continues from a saved state, the held-back normal number included', () => {
    const random = new RandomState(7);
    for (let i = 0; i < 1500; i++) random.random();
    random.standardNormal();
    const state = random.getState();
    expect(Object.keys(state)).toEqual(['seed', 'words', 'gauss']);
    const resumed = new RandomState(8);
    resumed.setState(structuredClone(state));
    expect(resumed.getState()).toEqual(state);
    expect(drawThree(resumed)).toEqual(drawThree(random));
  });

  it.each([0, 623, 624, 625, 1248, 5000])('counts and skips %i words', (words) => {
    const random = new RandomState(3);
    for (let i = 0; i < words; i++) random.randint(0, 2 ** 32);
    expect(random.getState().words).toBe(words);
    const resumed = new RandomState(3);
    resumed.setState(random.getState());
    expect(resumed.random()).toBe(random.random());
  });

  it('draws its own seed where none is given, and keeps it in the state', () => {
    const random = new RandomState(null);
    const state = random.getState();
    expect(new RandomState(state.seed).random()).toBe(random.random());
    expect(new RandomState(null).seed === state.seed && new RandomState(null).seed === state.seed).toBe(
      false,
    );
  });

  it.each([-1, 2 ** 32, 1.5, NaN])('refuses the seed %d', (seed) => {
    expect(() => new RandomState(seed)).toThrow(InvalidInputError);
  });

  it.each([
    null,
    3,
    [],
    { seed: 1 },
    { seed: 1, words: -1, gauss: null },
    { seed: -1, words: 0, gauss: null },
  ])('refuses the state %j', (state) => {
    expect(() => new RandomState(0).setState(state)).toThrow(InvalidInputError);
  });

  it('refuses an empty range', () => {
    expect(() => new RandomState(0).randint(3, 3)).toThrow(RangeError);
  });
});
