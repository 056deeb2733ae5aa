import { describe, expect, it } from 'vitest';
import { hypervolume } from '../../base/hypervolume.ts';
import { RandomState } from '../../base/random-state.ts';
import { selectSubsetByHypervolume } from './hypervolume-subset.ts';

/** The greedy choice by definition: again and again the row that adds most. */
function greedy(losses: readonly number[][], size: number, reference: readonly number[]): number[] {
  const chosen: number[] = [];
  while (chosen.length < size) {
    let best = -1;
    let largest = -Infinity;
    for (let row = 0; row < losses.length; row++) {
      if (chosen.includes(row)) continue;
      const volume = hypervolume(
        [...chosen, row].map((i) => losses[i]!),
        reference,
      );
      if (volume > largest + 1e-12) {
        largest = volume;
        best = row;
      }
    }
    chosen.push(best);
  }
  return chosen;
}

/** Points of a front: on a sphere's surface towards the origin. */
function front(count: number, nObjectives: number, seed: number): number[][] {
  const random = new RandomState(seed);
  return Array.from({ length: count }, () => {
    const direction = Array.from({ length: nObjectives }, () => Math.abs(random.standardNormal()));
    const length = Math.hypot(...direction);
    return direction.map((x) => 1 - x / length);
  });
}

describe('selectSubsetByHypervolume', () => {
  it.each([2, 3, 4])('chooses greedily among points of %i objectives', (nObjectives) => {
    for (let seed = 0; seed < 6; seed++) {
      const losses = front(9, nObjectives, seed);
      const reference = losses[0]!.map(() => 1.1);
      const chosen = selectSubsetByHypervolume(losses, 5, reference);
      expect(new Set(chosen)).toEqual(new Set(greedy(losses, 5, reference)));
    }
  });

  it('takes duplicates only where it must', () => {
    const losses = [
      [0, 1],
      [0, 1],
      [1, 0],
      [0, 1],
    ];
    expect(new Set(selectSubsetByHypervolume(losses, 2, [2, 2]))).toEqual(new Set([0, 2]));
    expect(selectSubsetByHypervolume(losses, 3, [2, 2])).toEqual([0, 1, 2]);
    expect(selectSubsetByHypervolume(losses, 4, [2, 2])).toEqual([0, 1, 2, 3]);
  });

  it('takes the first points where the reference is infinite', () => {
    const losses = [
      [0, Infinity],
      [1, 3],
      [2, -Infinity],
    ];
    expect(selectSubsetByHypervolume(losses, 2, [2.2, Infinity])).toEqual([0, 1]);
  });
});
