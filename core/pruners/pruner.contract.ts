import { describe, expect, it } from 'vitest';
import { createTrial } from '../study/create-trial.ts';
import type { FrozenTrial, StudyDirection, TrialState } from '../study/frozen-trial.ts';
import type { Pruner, PrunerContext } from './base.ts';

/** A trial that reported `values` at the steps 0, 1, 2 …, or the given value by step. */
export function reportedTrial(
  number: number,
  values: readonly number[] | ReadonlyMap<number, number>,
  state: TrialState = 'COMPLETE',
): FrozenTrial {
  const intermediateValues = values instanceof Map ? values : new Map([...values].entries());
  const final = state === 'COMPLETE' ? 0 : null;
  return { ...createTrial({ state, values: final, intermediateValues }), trialId: number + 100, number };
}

/** A study of complete trials that reported `histories`. */
export function contextOf(
  direction: StudyDirection,
  histories: ReadonlyArray<readonly number[]>,
): PrunerContext {
  return {
    studyName: 'contract',
    direction,
    trials: histories.map((values, number) => reportedTrial(number, values)),
  };
}

/** What holds for every pruner, whatever its rule. */
export function describePruner(name: string, makePruner: () => Pruner): void {
  describe(`${name} as a pruner`, () => {
    const histories = Array.from({ length: 12 }, (_, trial) =>
      Array.from({ length: 6 }, (_, step) => (trial * 7 + step * 5) % 11),
    );
    const contexts = [
      contextOf('minimize', []),
      contextOf('minimize', histories),
      contextOf('maximize', histories),
    ];
    const running = [[], [Number.NaN], [4], [0, 1, 2, 3], [20, 20, 20, Number.POSITIVE_INFINITY]].map(
      (values) => reportedTrial(12, values, 'RUNNING'),
    );
    const cases = contexts.flatMap((context) => running.map((trial) => ({ context, trial })));

    it('does not prune a trial that has reported nothing', () => {
      for (const context of contexts) {
        expect(makePruner().prune(context, reportedTrial(12, [], 'RUNNING')).prune).toBe(false);
      }
    });

    it('says which step it looked at and why it decided so, in one clause', () => {
      for (const { context, trial } of cases) {
        const decision = makePruner().prune(context, trial);
        expect(decision.step).toBe(
          trial.intermediateValues.size === 0 ? null : trial.intermediateValues.size - 1,
        );
        expect(decision.rule).not.toBe('');
        expect(decision.reason).toMatch(/^\S.*[^\s.]$/);
        const compared = decision.value !== null && decision.nTrials > 0;
        expect(decision.threshold === null || compared).toBe(true);
      }
    });

    it('decides the same when asked again, and changes nothing', () => {
      for (const { context, trial } of cases) {
        const before = structuredClone({ trials: context.trials, trial });
        const pruner = makePruner();
        expect(pruner.prune(context, trial)).toEqual(pruner.prune(context, trial));
        expect({ trials: context.trials, trial }).toEqual(before);
      }
    });
  });
}
