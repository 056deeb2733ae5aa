import { RandomState } from '../base/random-state.ts';

/** What a stream of random numbers is drawn for; each gets numbers unrelated to the others'. */
export type StreamPurpose = 'weights' | 'order' | 'augmentation' | 'dropout';

const PURPOSE_WORDS: Readonly<Record<StreamPurpose, number>> = {
  weights: 1,
  order: 2,
  augmentation: 3,
  dropout: 4,
};

/**
 * The random numbers of one purpose at one place of a trial.
 *
 * A stream depends on the trial's seed and the place alone, never on what was drawn elsewhere: training that is
 * resumed at a place finds the numbers that an uninterrupted one has there, and no generator's state is kept.
 *
 * @param seed of the trial, unsigned 32-bit.
 * @param place such as epoch and batch.
 */
export function randomStream(seed: number, purpose: StreamPurpose, ...place: readonly number[]): RandomState {
  let hash = scramble(seed);
  for (const word of [PURPOSE_WORDS[purpose], ...place]) hash = scramble((Math.imul(hash, 31) + word) | 0);
  return new RandomState(hash);
}

/** The finaliser of MurmurHash3 by Austin Appleby: spreads close inputs over all of 0 … 2^32 - 1. */
function scramble(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
