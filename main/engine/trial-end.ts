import type { JsonObject, JsonValue } from '../../core/base/json.ts';
import type { PruneDecision } from '../../core/pruners/base.ts';
import { findBestTrial } from '../../core/study/best-trial.ts';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import type { TrainingFailure } from '../../core/training/protocol.ts';
import { BEST_CHECKPOINT_FILE, PREDICTIONS_FILE } from '../../core/training/trial-files.ts';
import type { RunContext } from './run-context.ts';
import { keepAsArtifacts, removeTrialFolder } from './trial-files.ts';
import { bestReport } from './trial-job.ts';

/** Trial user attribute: why a trial was pruned or failed, one sentence; epochs are counted from 1 as people do. */
export const REASON_KEY = 'hone:reason';
/** Trial user attribute: the step with the best value, whose checkpoint is kept. */
export const BEST_EPOCH_KEY = 'hone:best_epoch';
/** Trial user attribute: validation metrics of that step. */
export const BEST_METRICS_KEY = 'hone:best_metrics';

/**
 * Write that a trial has done all its epochs. Its value is that of its best epoch, since the checkpoint of that epoch
 * is what the trial leaves.
 *
 * @param startedMs when the trial would have started had it run in one piece, milliseconds since 1970.
 */
export async function completeTrial(context: RunContext, trialId: number, startedMs: number): Promise<void> {
  const trial = await context.study.storage.getTrial(trialId);
  const best = bestReport(trial, context.config.direction);
  if (best === null) throw new Error(`Trial ${trial.number} is done, but no epoch of it is in the file.`);
  await keepAsArtifacts(context, trial, [BEST_CHECKPOINT_FILE, PREDICTIONS_FILE]);
  await describeBestEpoch(context, trialId, best.epoch);
  // The process was killed between a reason and the end that belongs to it, and the trial did better this time.
  if (REASON_KEY in trial.userAttrs) await setAttr(context, trialId, REASON_KEY, null);
  await context.study.tell(trial.number, best.value);
  await removeTrialFolder(context, trial.number);
  await emitFinished(context, trial.number, startedMs, null, null);
}

/** Write that the pruner ended a trial, and why. @param startedMs see {@link completeTrial}. */
export async function pruneTrial(
  context: RunContext,
  trialId: number,
  decision: PruneDecision,
  startedMs: number,
): Promise<void> {
  const trial = await context.study.storage.getTrial(trialId);
  const best = bestReport(trial, context.config.direction);
  await keepAsArtifacts(context, trial, [PREDICTIONS_FILE]);
  if (best !== null) await describeBestEpoch(context, trialId, best.epoch);
  const epoch = (decision.step ?? 0) + 1;
  await setAttr(context, trialId, REASON_KEY, `pruned at epoch ${epoch}: ${decision.reason}`);
  await context.study.tell(trial.number, null, { state: 'PRUNED' });
  await removeTrialFolder(context, trial.number);
  await emitFinished(context, trial.number, startedMs, decision, null);
}

/** Write that a trial failed, and why. @param startedMs see {@link completeTrial}. */
export async function failTrial(
  context: RunContext,
  trialId: number,
  failure: TrainingFailure,
  startedMs: number,
): Promise<void> {
  const { number } = await context.study.storage.getTrial(trialId);
  await context.records.appendTrialLog(trialId, failure.message);
  // Stack traces belong into the log; a row of a table has one line.
  const reason = failure.message.split('\n', 1)[0] ?? '';
  await setAttr(context, trialId, REASON_KEY, reason);
  await context.study.tell(number, null, { state: 'FAIL' });
  await removeTrialFolder(context, number);
  await emitFinished(context, number, startedMs, null, { ...failure, message: reason });
}

/** Tell viewers of a trial that another program has ended while it ran here. */
export async function reportForeignEnd(
  context: RunContext,
  number: number,
  startedMs: number,
): Promise<void> {
  await removeTrialFolder(context, number);
  const failure = { code: 'internal', message: 'Another program has ended it.' } as const;
  await emitFinished(context, number, startedMs, null, failure);
}

/**
 * Put a trial back to WAITING with everything it has; its log and the viewers are told why. A trial that was told
 * meanwhile is left alone.
 */
export async function putTrialBack(
  context: RunContext,
  trialId: number,
  number: number,
  reason: string,
): Promise<void> {
  await context.study.flushTrial(trialId);
  if (!(await context.records.releaseTrial(trialId))) return;
  await context.records.appendTrialLog(trialId, reason);
  context.emit({ type: 'trial-waiting', number, reason });
}

/** Training and validation time of the epochs that earlier runs of a trial have in the file, milliseconds. */
export async function earlierDurationMs(context: RunContext, trial: FrozenTrial): Promise<number> {
  if (trial.intermediateValues.size === 0) return 0;
  let durationMs = 0;
  for (const { metrics } of await context.records.getEpochs(trial.trialId)) {
    for (const part of [metrics['trainMs'], metrics['validationMs']]) {
      if (typeof part === 'number') durationMs += part;
    }
  }
  return durationMs;
}

async function describeBestEpoch(context: RunContext, trialId: number, epoch: number): Promise<void> {
  const record = (await context.records.getEpochs(trialId)).find((other) => other.epoch === epoch);
  await setAttr(context, trialId, BEST_EPOCH_KEY, epoch);
  if (record !== undefined)
    await setAttr(context, trialId, BEST_METRICS_KEY, validationScalars(record.metrics));
}

/** The validation metrics that are single numbers: what a table of trials can show. */
function validationScalars(metrics: JsonObject): JsonObject {
  const validation = metrics['validation'];
  if (typeof validation !== 'object' || validation === null) return {};
  return Object.fromEntries(Object.entries(validation).filter(([, value]) => typeof value === 'number'));
}

async function setAttr(context: RunContext, trialId: number, key: string, value: JsonValue): Promise<void> {
  await context.study.storage.setTrialUserAttr(trialId, key, value);
}

async function emitFinished(
  context: RunContext,
  number: number,
  startedMs: number,
  decision: PruneDecision | null,
  failure: TrainingFailure | null,
): Promise<void> {
  const trials = await context.study.getTrials();
  const trial = trials[number];
  const state = trial?.state;
  if (state !== 'COMPLETE' && state !== 'PRUNED' && state !== 'FAIL') {
    throw new Error(`Trial ${number} was told, but it is ${state ?? 'gone'}.`);
  }
  context.emit({
    type: 'trial-finished',
    number,
    state,
    value: trial?.values?.[0] ?? null,
    durationMs: Date.now() - startedMs,
    decision,
    failure: state === 'FAIL' ? failure : null,
    isBest: state === 'COMPLETE' && findBestTrial(trials, context.study.directions).number === number,
  });
}
