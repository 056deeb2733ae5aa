import { log } from './elementary.ts';
import { InvalidInputError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { MersenneTwister } from './mersenne-twister.ts';

/** Largest seed of a {@link RandomState}. */
export const MAX_SEED = 0xffffffff;

/** Where a random stream stands: its seed, and how far it was read. */
export type RandomStateSnapshot = {
  /** 0 … 2³² - 1. */
  readonly seed: number;
  /** Number of 32-bit words drawn since the seed. */
  readonly words: number;
  /** The normal number that {@link RandomState.standardNormal} holds back for its next call, or null. */
  readonly gauss: number | null;
};

/**
 * Random numbers as numpy's legacy `RandomState` draws them: the same seed and the same calls give the same
 * numbers, bit for bit.
 */
export class RandomState {
  #seed: number;
  #words: MersenneTwister;
  #gauss: number | null = null;

  /**
   * @param seed 0 … 2³² - 1; null draws one from the operating system.
   * @throws {InvalidInputError} where the seed is no such number.
   */
  constructor(seed: number | null) {
    if (seed !== null) checkSeed(seed);
    this.#seed = seed ?? drawSeed();
    this.#words = new MersenneTwister(this.#seed);
  }

  /** The seed that this stream grows from. */
  get seed(): number {
    return this.#seed;
  }

  /** A double in [0, 1) with 53 random bits; takes two words. numpy: `random_sample`. */
  random(): number {
    const high = this.#words.nextUint32() >>> 5;
    const low = this.#words.nextUint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /** A double in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /** Fill `out` with doubles in [0, 1), first to last. */
  fillRandom(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.random();
  }

  /**
   * An integer from `low` to `high - 1`. Takes no word where only one is possible.
   *
   * @throws {RangeError} where the range is empty or wider than 2³².
   */
  randint(low: number, high: number): number {
    const widest = high - 1 - low;
    if (!(widest >= 0 && widest <= MAX_SEED)) throw new RangeError(`randint(${low}, ${high})`);
    return low + this.#interval(widest);
  }

  /**
   * `size` indexes below `p.length`, index i with probability `p[i]`. numpy: `choice(n, p=p, size=size)`.
   *
   * @param p not negative, sums to about 1.
   */
  weightedChoice(p: Float64Array, out: Int32Array): void {
    const cumulative = new Float64Array(p.length);
    let sum = 0;
    for (let i = 0; i < p.length; i++) cumulative[i] = sum += p[i]!;
    for (let i = 0; i < p.length; i++) cumulative[i] = cumulative[i]! / sum;
    for (let i = 0; i < out.length; i++) out[i] = countNotAbove(cumulative, this.random());
  }

  /** Shuffle in place. numpy: `shuffle`. */
  shuffle(items: { [index: number]: unknown; readonly length: number }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#interval(i);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
  }

  /** The numbers 0 … n - 1 in random order. numpy: `permutation(n)`. */
  permutation(n: number): Int32Array {
    const out = Int32Array.from({ length: n }, (_, i) => i);
    this.shuffle(out);
    return out;
  }

  /** A normal number with mean 0 and deviation 1, by Marsaglia's polar method. numpy: `randn`. */
  standardNormal(): number {
    if (this.#gauss !== null) {
      const kept = this.#gauss;
      this.#gauss = null;
      return kept;
    }
    for (;;) {
      const x = 2 * this.random() - 1;
      const y = 2 * this.random() - 1;
      const r2 = x * x + y * y;
      if (r2 < 1 && r2 !== 0) {
        const factor = Math.sqrt((-2 * log(r2)) / r2);
        this.#gauss = factor * x;
        return factor * y;
      }
    }
  }

  /** Where the stream stands. */
  getState(): RandomStateSnapshot {
    return { seed: this.#seed, words: this.#words.wordsDrawn, gauss: this.#gauss };
  }

  /**
   * Go where {@link getState} was called.
   *
   * @throws {InvalidInputError} where `state` is none.
   */
  setState(state: JsonValue | undefined): void {
    const { seed, words, gauss } = readSnapshot(state);
    this.#seed = seed;
    this.#words = new MersenneTwister(seed);
    this.#words.skip(words);
    this.#gauss = gauss;
  }

  /** An integer from 0 to `max`: words cut to the bits of `max` until one is not above it. */
  #interval(max: number): number {
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    for (;;) {
      const value = (this.#words.nextUint32() & mask) >>> 0;
      if (value <= max) return value;
    }
  }
}

/** Index of the first entry above `value` in an ascending array. numpy: `searchsorted(side='right')`. */
function countNotAbove(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

function checkSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
    throw new InvalidInputError(
      'seed',
      `seed is ${seed}, but it must be a whole number from 0 to ${MAX_SEED}.`,
    );
  }
}

function readSnapshot(state: JsonValue | undefined): RandomStateSnapshot {
  if (typeof state === 'object' && state !== null && !Array.isArray(state)) {
    const { seed, words, gauss } = state as { readonly [key: string]: JsonValue };
    const position = typeof words === 'number' && Number.isSafeInteger(words) && words >= 0;
    if (typeof seed === 'number' && position && (gauss === null || typeof gauss === 'number')) {
      checkSeed(seed);
      return { seed, words, gauss };
    }
  }
  throw new InvalidInputError(
    'state',
    `The state of a random stream is ${JSON.stringify(state)}, but it must be an object with seed, words and gauss.`,
  );
}
