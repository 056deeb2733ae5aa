import { StorageError } from '../base/errors.ts';
import type { Sampler } from '../samplers/base.ts';
import type { Storage, TrialParam } from '../storage/base.ts';
import { samplerStateAttrs } from './sampler-state.ts';

/**
 * Writes suggested parameters behind the objective's back: those of one synchronous run of suggestions go into one
 * transaction, together with the sampler's state.
 */
export class ParamWriter {
  readonly #storage: Storage;
  readonly #sampler: Sampler;
  readonly #trialId: number;
  #waiting: TrialParam[] = [];
  #writing: Promise<void> | null = null;
  /** Why parameters were dropped, until {@link flush} has told it. */
  #refusal: { readonly error: unknown } | null = null;

  constructor(storage: Storage, sampler: Sampler, trialId: number) {
    this.#storage = storage;
    this.#sampler = sampler;
    this.#trialId = trialId;
  }

  /** Write soon; a fault is told by {@link flush}. */
  add(param: TrialParam): void {
    this.#waiting.push(param);
    // Nobody awaits this run of the writer; where it fails, the parameters wait for flush, which tries again.
    this.#start().catch(() => {});
  }

  /**
   * Resolve when everything suggested so far is durable.
   *
   * @throws {StorageError} where the storage fails; the parameters are kept and the next call tries again.
   * @throws {InvalidInputError} where another process gave the study the parameter with another kind or choices.
   * @throws {UpdateFinishedTrialError} where another process has finished the trial. In both cases the parameters
   *   can never be written and are dropped.
   */
  async flush(): Promise<void> {
    while (this.#writing !== null || this.#waiting.length > 0) await this.#start();
    const refusal = this.#refusal;
    this.#refusal = null;
    if (refusal !== null) throw refusal.error;
  }

  #start(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    // The rest of the synchronous run of suggestions comes first.
    await Promise.resolve();
    const params = this.#waiting;
    this.#waiting = [];
    try {
      await this.#storage.setTrialParams(this.#trialId, params, samplerStateAttrs(this.#sampler));
    } catch (error) {
      if (!(error instanceof StorageError)) {
        this.#refusal = { error };
        return;
      }
      this.#waiting = [...params, ...this.#waiting];
      throw error;
    }
  }
}
