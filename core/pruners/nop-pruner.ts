import { type FrozenTrial, lastStep } from '../study/frozen-trial.ts';
import type { PruneDecision, Pruner, PrunerContext } from './base.ts';

/** Prunes nothing. Optuna: `NopPruner`. */
export class NopPruner implements Pruner {
  prune(_context: PrunerContext, trial: FrozenTrial): PruneDecision {
    return {
      prune: false,
      rule: 'nop',
      step: lastStep(trial),
      value: null,
      threshold: null,
      nTrials: 0,
      reason: 'no pruner is set',
    };
  }
}
