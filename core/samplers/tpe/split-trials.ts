import { type FrozenTrial, lastStep, type StudyDirection } from '../../study/frozen-trial.ts';
import { constraintViolation } from './constraints.ts';
import { selectBestByDomination } from './multi-objective-split.ts';

/** The trials of a study divided into good ones and the rest, each by number. */
export interface TrialSplit {
  readonly below: readonly FrozenTrial[];
  readonly above: readonly FrozenTrial[];
}

/**
 * Choose the `nBelow` best trials: COMPLETE ones by value, then PRUNED ones by how far they came, then infeasible
 * ones by violation. Running trials are never among them.
 *
 * Source: Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011, section 4 (the quantile γ);
 * the order of pruned and infeasible trials is Optuna's.
 */
export function splitTrials(
  trials: readonly FrozenTrial[],
  directions: readonly StudyDirection[],
  nBelow: number,
  constraintsEnabled: boolean,
): TrialSplit {
  const complete: FrozenTrial[] = [];
  const pruned: FrozenTrial[] = [];
  const infeasible: FrozenTrial[] = [];
  for (const trial of trials) {
    if (trial.state === 'RUNNING') continue;
    if (constraintsEnabled && constraintViolation(trial) > 0) infeasible.push(trial);
    else if (trial.state === 'COMPLETE') complete.push(trial);
    else pruned.push(trial);
  }
  const best = new Set(
    directions.length > 1
      ? selectBestByDomination(complete, directions, nBelow)
      : selectBestByValue(complete, directions[0] ?? 'minimize', nBelow),
  );
  const more = (ranked: () => readonly FrozenTrial[]): void => {
    const missing = nBelow - best.size;
    if (missing > 0) for (const trial of ranked().slice(0, missing)) best.add(trial);
  };
  more(() => rankPruned(pruned, directions[0] ?? 'minimize'));
  more(() => rankInfeasible(infeasible));
  return {
    below: trials.filter((trial) => best.has(trial)),
    above: trials.filter((trial) => !best.has(trial)),
  };
}

/** The `count` trials of the best value; of equal values the earlier ones. Needs no sort of the trials. */
function selectBestByValue(
  trials: readonly FrozenTrial[],
  direction: StudyDirection,
  count: number,
): FrozenTrial[] {
  if (count >= trials.length) return [...trials];
  if (count <= 0) return [];
  const sign = direction === 'minimize' ? 1 : -1;
  const losses = new Float64Array(trials.length);
  for (const [i, trial] of trials.entries()) losses[i] = sign * (trial.values?.[0] ?? NaN);
  const sorted = losses.toSorted();
  const limit = sorted[count - 1]!;
  let ties = count - sorted.indexOf(limit);
  return trials.filter((_, i) => losses[i]! < limit || (losses[i] === limit && ties-- > 0));
}

/** Pruned trials, best first: the later the last step the better, then by its value; without reports last. */
function rankPruned(trials: readonly FrozenTrial[], direction: StudyDirection): FrozenTrial[] {
  const scored = trials.map((trial) => ({ trial, score: prunedScore(trial, direction) }));
  scored.sort((a, b) => a.score[0] - b.score[0] || compareNumbers(a.score[1], b.score[1]));
  return scored.map(({ trial }) => trial);
}

function prunedScore(trial: FrozenTrial, direction: StudyDirection): readonly [number, number] {
  const step = lastStep(trial);
  if (step === null) return [1, 0];
  const value = trial.intermediateValues.get(step) ?? NaN;
  if (Number.isNaN(value)) return [-step, Infinity];
  return [-step, direction === 'minimize' ? value : -value];
}

function rankInfeasible(trials: readonly FrozenTrial[]): FrozenTrial[] {
  const scored = trials.map((trial) => ({ trial, violation: constraintViolation(trial) }));
  scored.sort((a, b) => compareNumbers(a.violation, b.violation));
  return scored.map(({ trial }) => trial);
}

/** Order of numbers, infinities included. */
function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
