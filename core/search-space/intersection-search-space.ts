import { compareCodePoints } from '../base/code-point-order.ts';
import type { Distribution } from '../distributions/base.ts';
import { distributionsEqual } from '../distributions/compatibility.ts';

/** What a search space is computed from; every `FrozenTrial` is one. */
export interface TrialDistributions {
  readonly number: number;
  readonly state: 'RUNNING' | 'COMPLETE' | 'PRUNED' | 'FAIL' | 'WAITING';
  /** By parameter name. */
  readonly distributions: ReadonlyMap<string, Distribution>;
}

/**
 * The parameters that every finished trial of a study has, with the same range in all of them. Optuna:
 * `IntersectionSearchSpace`.
 *
 * Failed trials do not count. An instance is for one study: it remembers the trials that it has seen.
 */
export class IntersectionSearchSpace {
  readonly #includePruned: boolean;
  #space: Map<string, Distribution> | null = null;
  /** All trials with a smaller number are in {@link #space}, or will never be. */
  #nextNumber = 0;

  /** @param includePruned whether PRUNED trials count beside COMPLETE ones. */
  constructor(includePruned = false) {
    this.#includePruned = includePruned;
  }

  /**
   * @param trials all trials of the study by number.
   * @returns the space, sorted by name in code point order.
   */
  calculate(trials: readonly TrialDistributions[]): Map<string, Distribution> {
    let firstUnfinished: number | null = null;
    let next = this.#nextNumber;
    for (const trial of trials) {
      if (trial.number < this.#nextNumber) continue;
      if (trial.state === 'RUNNING' || trial.state === 'WAITING') firstUnfinished ??= trial.number;
      else if (trial.state === 'COMPLETE' || (trial.state === 'PRUNED' && this.#includePruned)) {
        this.#intersect(trial.distributions);
      }
      next = trial.number + 1;
    }
    this.#nextNumber = firstUnfinished ?? next;
    return new Map([...(this.#space ?? [])].sort(([a], [b]) => compareCodePoints(a, b)));
  }

  #intersect(distributions: ReadonlyMap<string, Distribution>): void {
    if (this.#space === null) {
      this.#space = new Map(distributions);
      return;
    }
    for (const [name, distribution] of this.#space) {
      const other = distributions.get(name);
      if (other === undefined || !distributionsEqual(distribution, other)) this.#space.delete(name);
    }
  }
}
