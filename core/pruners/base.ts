import type { FrozenTrial, StudyDirection } from '../study/frozen-trial.ts';

/** What a pruner may know of a study. */
export interface PrunerContext {
  readonly studyName: string;
  readonly direction: StudyDirection;
  /** Every trial by number. */
  readonly trials: readonly FrozenTrial[];
}

/** A pruner's answer, with the reason in the words and numbers of its rule. */
export interface PruneDecision {
  readonly prune: boolean;
  /** The rule that was applied: `median`, `25th percentile`. */
  readonly rule: string;
  /** The step it was applied at, or null where the trial has reported nothing. */
  readonly step: number | null;
  /** The trial's own value that was compared, or null where nothing was compared. */
  readonly value: number | null;
  /** What it was compared with, or null. */
  readonly threshold: number | null;
  /** How many trials the threshold comes from. */
  readonly nTrials: number;
  /** One clause for people: `0.61 is below the median 0.74 of 9 trials`, `5 trials must finish first`. */
  readonly reason: string;
}

/** The contract of every pruner. Optuna: `BasePruner`, whose `prune` returns only the verdict. */
export interface Pruner {
  /** Decide for `trial`, whose latest report is in its intermediate values. Must not change anything. */
  prune(context: PrunerContext, trial: FrozenTrial): PruneDecision;
}
