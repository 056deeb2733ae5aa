import { compareCodePoints } from '../base/code-point-order.ts';
import type { Distribution } from '../distributions/base.ts';
import type { TrialDistributions } from './intersection-search-space.ts';

/**
 * A partition of all parameters of a study: each group is as large as can be while every trial has either all of its
 * parameters or none. Optuna: `_GroupDecomposedSearchSpace`.
 *
 * A parameter keeps the range in which it was first seen. An instance is for one study: it remembers the trials that
 * it has seen.
 */
export class GroupSearchSpace {
  readonly #includePruned: boolean;
  #groups: ReadonlyMap<string, Distribution>[] = [];
  /** Numbers of the trials that are in the partition. */
  readonly #seen = new Set<number>();

  /** @param includePruned whether PRUNED trials count beside COMPLETE ones. */
  constructor(includePruned = false) {
    this.#includePruned = includePruned;
  }

  /**
   * @param trials all trials of the study by number.
   * @returns the groups in the order in which they came about, each sorted by name in code point order.
   */
  calculate(trials: readonly TrialDistributions[]): readonly ReadonlyMap<string, Distribution>[] {
    for (const { number, state, distributions } of trials) {
      if (state !== 'COMPLETE' && !(state === 'PRUNED' && this.#includePruned)) continue;
      // A trial that is in the partition already splits nothing any more.
      if (this.#seen.has(number)) continue;
      this.#seen.add(number);
      this.#refine(distributions);
    }
    return this.#groups;
  }

  /** Split every group into what the trial has of it and what not; what is in no group becomes one. */
  #refine(distributions: ReadonlyMap<string, Distribution>): void {
    const unknown = new Map(distributions);
    const next: ReadonlyMap<string, Distribution>[] = [];
    for (const group of this.#groups) {
      next.push(select(group, (name) => distributions.has(name)));
      next.push(select(group, (name) => !distributions.has(name)));
      for (const name of group.keys()) unknown.delete(name);
    }
    next.push(new Map([...unknown].sort(([a], [b]) => compareCodePoints(a, b))));
    this.#groups = next.filter((group) => group.size > 0);
  }
}

function select(
  group: ReadonlyMap<string, Distribution>,
  keep: (name: string) => boolean,
): ReadonlyMap<string, Distribution> {
  return new Map([...group].filter(([name]) => keep(name)));
}
