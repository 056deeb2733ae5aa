import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { logInfo } from '../base/logging.ts';
import type { Sampler } from '../samplers/base.ts';
import type { FrozenStudy } from '../storage/base.ts';

/**
 * Study system attribute that holds the sampler's state, written with every trial's parameters.
 *
 * Differs from Optuna: a resumed study draws what the uninterrupted one would have drawn, where Optuna repeats the
 * first draws of the seed.
 */
export const SAMPLER_STATE_KEY = 'hone:sampler_state';

/** The attribute to write. */
export function samplerStateAttrs(sampler: Sampler): JsonObject {
  return { [SAMPLER_STATE_KEY]: sampler.getState() };
}

/** Continue from the state that the study keeps, where it keeps one of the same kind of sampler. */
export function restoreSamplerState(sampler: Sampler, study: FrozenStudy): void {
  const state = study.systemAttrs[SAMPLER_STATE_KEY];
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return;
  try {
    sampler.setState(state as JsonObject);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    logInfo(`Study '${study.studyName}' was run with another sampler before; this one starts anew.`);
  }
}
