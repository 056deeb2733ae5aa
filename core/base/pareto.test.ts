import { describe, expect, it } from 'vitest';
import { hypervolume } from './hypervolume.ts';
import { isParetoFront, nonDominationRanks } from './non-domination.ts';
import { RandomState } from './random-state.ts';

function randomLosses(count: number, nObjectives: number, kinds: number, seed: number): number[][] {
  const random = new RandomState(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: nObjectives }, () => random.randint(0, kinds)),
  );
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((loss, j) => loss <= b[j]!) && a.some((loss, j) => loss < b[j]!);
}

/** Ranks by definition: one more than the largest rank of those that dominate. */
function ranksByDefinition(losses: readonly number[][]): number[] {
  const rankOf = (row: readonly number[]): number =>
    1 + Math.max(-1, ...losses.filter((other) => dominates(other, row)).map(rankOf));
  return losses.map(rankOf);
}

/** Volume of a union of boxes on an integer grid, by counting cells. */
function countedVolume(losses: readonly number[][], reference: readonly number[]): number {
  let cells: number[][] = [[]];
  for (const end of reference)
    cells = cells.flatMap((cell) => Array.from({ length: end }, (_, i) => [...cell, i]));
  return cells.filter((cell) => losses.some((point) => point.every((loss, j) => loss <= cell[j]!))).length;
}

describe('nonDominationRanks', () => {
  it.each([1, 2, 3, 4])('ranks as the definition says, %i objectives', (nObjectives) => {
    for (let seed = 0; seed < 5; seed++) {
      const losses = randomLosses(30, nObjectives, 6, seed);
      const wanted = ranksByDefinition(losses);
      expect(nonDominationRanks(losses)).toEqual(wanted);
      expect(isParetoFront(losses)).toEqual(wanted.map((rank) => rank === 0));
    }
  });

  it('stops telling ranks apart when enough points have one', () => {
    const losses = [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    expect(nonDominationRanks(losses, 2)).toEqual([0, 1, 2, 2]);
    expect(nonDominationRanks(losses, 0)).toEqual([0, 0, 0, 0]);
    expect(nonDominationRanks([])).toEqual([]);
  });

  it('orders infinite losses', () => {
    expect(
      nonDominationRanks([
        [Infinity, 0],
        [-Infinity, 1],
        [0, 0],
      ]),
    ).toEqual([1, 0, 0]);
  });
});

describe('hypervolume', () => {
  it.each([2, 3, 4])('is the volume of the union of the boxes, %i objectives', (nObjectives) => {
    const reference = Array.from({ length: nObjectives }, () => 5);
    for (let seed = 0; seed < 5; seed++) {
      const losses = randomLosses(8, nObjectives, 6, seed);
      expect(hypervolume(losses, reference)).toBe(countedVolume(losses, reference));
      const front = losses.filter((_, i) => isParetoFront(losses)[i]);
      expect(hypervolume(front, reference, true)).toBe(countedVolume(losses, reference));
    }
  });

  it('is infinite where the reference is, 0 on the reference, and refuses points beyond it', () => {
    expect(hypervolume([[0, 0]], [1, Infinity])).toBe(Infinity);
    expect(hypervolume([[-Infinity, 0]], [1, 1])).toBe(Infinity);
    expect(hypervolume([[1, 1]], [1, 1])).toBe(0);
    expect(() => hypervolume([[2, 0]], [1, 1])).toThrow(RangeError);
  });
});
