/**
 * A small seeded generator with a stream for every purpose: a picture of the sample, a class of a split.
 *
 * The engine's MT19937 repeats NumPy's numbers and costs 624 words a stream; nothing here has to match Python,
 * and thousands of short streams are wanted. The generator is sfc32 of Chris Doty-Humphrey's PractRand
 * (period above 2^32 for every seed), its state filled by the finaliser of MurmurHash3.
 */
export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param words - Any integers; each different list starts an unrelated stream. Taken modulo 2^32. */
  constructor(...words: readonly number[]) {
    let hash = 0x9e3779b9;
    for (const word of words) hash = scramble(Math.imul(hash, 31) + word);
    this.a = scramble(hash + 1);
    this.b = scramble(hash + 2);
    this.c = scramble(hash + 3);
    for (let round = 0; round < 12; round++) this.nextUint32();
  }

  /** Uniform in 0…2^32 - 1. */
  nextUint32(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * (this.nextUint32() / 2 ** 32);
  }

  /** Uniform integer in 0…count - 1. */
  integer(count: number): number {
    return Math.floor(this.uniform(0, count));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform(0, 1) < probability;
  }

  /** One of the items, each as likely as the others; the list is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  /** Near normal with mean 0 and deviation 1: the sum of four uniforms, within ±3.5 and free of logarithms. */
  normal(): number {
    const first = this.nextUint32();
    const second = this.nextUint32();
    const sum = (first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16);
    return (sum / 65536 - 2) * Math.sqrt(3);
  }

  /** Puts the list in random order in place (Fisher and Yates) and gives it back. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const kept = items[last] as T;
      items[last] = items[other] as T;
      items[other] = kept;
    }
    return items;
  }
}

function scramble(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
