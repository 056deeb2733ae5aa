/** Length of the generator's state in words. */
const STATE_WORDS = 624;
/** Distance of the word that is mixed in when the state is renewed. */
const SHIFT_WORDS = 397;
const TWIST_MATRIX = 0x9908b0df;
const UPPER_MASK = 0x80000000;
const LOWER_MASK = 0x7fffffff;

/**
 * The MT19937 generator of 32-bit words, seeded by one 32-bit number.
 *
 * Source: M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998; the seeding is the one of
 * 2002 (Knuth, TAOCP vol. 2, multiplier 1812433253), which numpy's `RandomState(seed)` uses.
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(STATE_WORDS);
  /** Index of the next word of the state; `STATE_WORDS` where the state must be renewed first. */
  #next = STATE_WORDS;
  #renewals = 0;

  /** @param seed 0 … 2³² - 1. */
  constructor(seed: number) {
    const state = this.#state;
    let word = seed >>> 0;
    state[0] = word;
    for (let i = 1; i < STATE_WORDS; i++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i) >>> 0;
      state[i] = word;
    }
  }

  /** How many words were drawn since the seed. */
  get wordsDrawn(): number {
    return this.#renewals === 0 ? 0 : (this.#renewals - 1) * STATE_WORDS + this.#next;
  }

  /** The next word, 0 … 2³² - 1. */
  nextUint32(): number {
    if (this.#next === STATE_WORDS) this.#renew();
    let word = this.#state[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** Pass over `count` words; costs about 2 ns a word. */
  skip(count: number): void {
    let left = count;
    while (left > 0) {
      if (this.#next === STATE_WORDS) this.#renew();
      const taken = Math.min(left, STATE_WORDS - this.#next);
      this.#next += taken;
      left -= taken;
    }
  }

  #renew(): void {
    const state = this.#state;
    for (let i = 0; i < STATE_WORDS; i++) {
      const mixed = (state[i]! & UPPER_MASK) | (state[(i + 1) % STATE_WORDS]! & LOWER_MASK);
      const twisted = (mixed >>> 1) ^ (mixed & 1 ? TWIST_MATRIX : 0);
      state[i] = state[(i + SHIFT_WORDS) % STATE_WORDS]! ^ twisted;
    }
    this.#next = 0;
    this.#renewals++;
  }
}
