import type { JsonObject, JsonValue } from '../../core/base/json.ts';
import { NotFoundError } from '../../core/base/errors.ts';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import type { EvaluationMetrics, TrialJob } from '../../core/training/protocol.ts';
import type { RunContext } from './run-context.ts';
import { TrainerLostError } from './trainer-process.ts';
import { removeTrialFolder, restoreBestCheckpoint } from './trial-files.ts';
import { trialJob, trialTrainingConfig } from './trial-job.ts';

/** Study user attribute: the test metrics and the number of the trial that they belong to. */
export const TEST_SCORE_KEY = 'hone:test_score';

/** How often a trainer that dies while it scores is replaced. */
const MAX_ATTEMPTS = 3;

/**
 * Score the test part with the best trial's best checkpoint, once: the score is kept in the study, and the test part
 * is looked at again only where another trial has become the best.
 *
 * @returns null where there is no test part, no complete trial, or no score; the reason is told as a warning.
 */
export async function scoreTestPart(context: RunContext): Promise<EvaluationMetrics | null> {
  const best = await findBest(context);
  if (best === null || !context.dataset.hasTestPart) return null;
  const kept = await readTestScore(context, best.number);
  if (kept !== null) return kept;
  const score = await evaluate(context, best);
  if (score === null) return null;
  const metrics = score as unknown as JsonObject;
  await context.study.setUserAttr(TEST_SCORE_KEY, { trial: best.number, metrics });
  return score;
}

/** The score that the study keeps for its best trial, or null. */
export async function keptTestScore(context: RunContext): Promise<EvaluationMetrics | null> {
  const best = await findBest(context);
  return best === null ? null : readTestScore(context, best.number);
}

async function findBest(context: RunContext): Promise<FrozenTrial | null> {
  try {
    return await context.study.bestTrial();
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

async function readTestScore(context: RunContext, number: number): Promise<EvaluationMetrics | null> {
  return testScoreOf(await context.study.userAttrs(), number);
}

/** The score that a study's user attributes hold for the trial of that number, or null. */
export function testScoreOf(
  userAttrs: Readonly<Record<string, JsonValue>>,
  number: number,
): EvaluationMetrics | null {
  const kept = userAttrs[TEST_SCORE_KEY];
  if (typeof kept !== 'object' || kept === null || !('metrics' in kept)) return null;
  return 'trial' in kept && kept['trial'] === number
    ? (kept['metrics'] as unknown as EvaluationMetrics)
    : null;
}

async function evaluate(context: RunContext, best: FrozenTrial): Promise<EvaluationMetrics | null> {
  const config = trialTrainingConfig(context, best);
  const cache = await context.dataset.cacheFor(config.imageHeight, config.imageWidth);
  const job = trialJob(context, best, config, cache);
  let reason = 'its best checkpoint is gone.';
  if (await restoreBestCheckpoint(context, best)) {
    const answer = await askTrainer(context, job);
    await removeTrialFolder(context, best.number);
    if (answer === null || typeof answer !== 'string') return answer;
    reason = answer;
  }
  context.emit({
    type: 'warning',
    message: `Trial ${best.number} could not be scored on the test part: ${reason}`,
  });
  return null;
}

/** @returns the score, or why there is none; null where the run was stopped meanwhile. */
async function askTrainer(context: RunContext, job: TrialJob): Promise<EvaluationMetrics | string | null> {
  let reason = '';
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    try {
      const trainer = await context.pool.acquire();
      trainer.send({ type: 'evaluate', job });
      const event = await trainer.next(context.pool.limits.silenceMs);
      if (event.type !== 'evaluated') await trainer.kill();
      context.pool.release(trainer);
      if (event.type === 'evaluated') return event.metrics;
      return event.type === 'failed' ? event.failure.message : `the trainer sent ${event.type}.`;
    } catch (error) {
      if (!(error instanceof TrainerLostError)) throw error;
      if (error.kind === 'ended') return null;
      reason = `${error.message}.`;
    }
  }
  return reason;
}
