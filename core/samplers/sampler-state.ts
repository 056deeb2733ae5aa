import { InvalidInputError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';

/** @throws {InvalidInputError} where `state` was not saved by a sampler that calls itself `name`. */
export function checkSamplerState(state: JsonObject, name: string): void {
  if (state.sampler !== name) {
    throw new InvalidInputError(
      'state',
      `The sampler state belongs to the sampler ${JSON.stringify(state.sampler)}, but must belong to "${name}".`,
    );
  }
}
