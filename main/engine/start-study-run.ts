import { machineResources } from './job-count.ts';
import type { RunEvent, RunRequest, StartStudyRun, StudyRun } from './run-contract.ts';
import { type RunEnvironment, StudyRunner } from './study-run.ts';
import { DEFAULT_TRAINER_LIMITS } from './trainer-pool.ts';

/** The trainer of the product. */
const TRAINER_ENTRY = new URL('../trainer/entry.ts', import.meta.url);

/** Start a run of a study with the product's trainers on this machine. */
export const startStudyRun: StartStudyRun = (request, onEvent) => startStudyRunIn({}, request, onEvent);

/** As {@link startStudyRun}; tests bring a scripted trainer and short limits. */
export function startStudyRunIn(
  environment: Partial<RunEnvironment>,
  request: RunRequest,
  onEvent: (event: RunEvent) => void,
): StudyRun {
  const runner = new StudyRunner(request, onEvent, {
    trainerEntry: TRAINER_ENTRY,
    trainerLimits: DEFAULT_TRAINER_LIMITS,
    resources: machineResources(),
    ...environment,
  });
  return {
    result: runner.run(),
    interrupt: () => runner.stop({ cause: 'interrupted', reason: null }),
    interruptNow: () => runner.stopNow({ cause: 'interrupted', reason: null }),
  };
}
