import { PercentilePruner, type PercentilePrunerOptions } from './percentile-pruner.ts';

/**
 * Prunes a trial whose best value so far is worse than the median of what the COMPLETE trials reported at the same
 * step. Optuna: `MedianPruner`.
 */
export class MedianPruner extends PercentilePruner {
  /** @throws {InvalidInputError} where an option is out of its range. */
  constructor(options: PercentilePrunerOptions = {}) {
    super(50, options);
  }

  protected override ruleName(): string {
    return 'median';
  }
}
