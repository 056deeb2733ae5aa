import { InvalidInputError, NotFoundError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { logInfo, logWarning } from '../base/logging.ts';
import type { Distribution, ParamValue } from '../distributions/base.ts';
import { checkDistributionCompatibility } from '../distributions/compatibility.ts';
import type { Pruner } from '../pruners/base.ts';
import type { Sampler, SamplerContext } from '../samplers/base.ts';
import type { FrozenStudy, Storage, TrialTemplate } from '../storage/base.ts';
import { findBestTrial, findBestTrials } from './best-trial.ts';
import { createTrial } from './create-trial.ts';
import { hasSameParams } from './enqueue.ts';
import type { FrozenTrial, StudyDirection, TrialState } from './frozen-trial.ts';
import { misuse, type Objective, Optimization, type OptimizeOptions } from './optimize.ts';
import { restoreSamplerState } from './sampler-state.ts';
import { type ObjectiveValue, type TellOptions, tellTrial } from './tell.ts';
import { FIXED_PARAMS_KEY, Trial } from './trial.ts';

const METRIC_NAMES_KEY = 'study:metric_names';

/** What a study is made of. */
export interface StudyParts {
  readonly storage: Storage;
  readonly sampler: Sampler;
  readonly pruner: Pruner;
}

/** How to enqueue a trial. */
export interface EnqueueOptions {
  readonly userAttrs?: Readonly<Record<string, JsonValue>>;
  /** Do nothing where a trial has, or is enqueued with, the same parameters. */
  readonly skipIfExists?: boolean;
}

/**
 * A study in a storage, with the sampler and the pruner that work on it. Optuna: `Study`.
 *
 * Made by `createStudy` and `loadStudy`. What Optuna reads through properties is asked for with methods here, since
 * storages answer asynchronously.
 */
export class Study {
  readonly studyName: string;
  readonly directions: readonly StudyDirection[];
  readonly studyId: number;
  readonly storage: Storage;
  readonly sampler: Sampler;
  readonly pruner: Pruner;
  /** Trials that were asked for here and not told yet, by id. */
  readonly #openTrials = new Map<number, Trial>();
  /** One known distribution of every parameter of the study that was asked for here. */
  readonly #distributions = new Map<string, Distribution>();
  #optimization: Optimization | null = null;

  /** Takes parts as they are; `Study.open` also restores the sampler's state. */
  constructor(study: FrozenStudy, { storage, sampler, pruner }: StudyParts) {
    this.studyName = study.studyName;
    this.studyId = study.studyId;
    this.directions = study.directions;
    this.storage = storage;
    this.sampler = sampler;
    this.pruner = pruner;
  }

  /**
   * Open a study that the storage has.
   *
   * @param resumeSampler whether the sampler continues from the state that the study keeps. Null: where no trial is
   *   RUNNING, since another process that works at the study would otherwise draw the same.
   * @throws {NotFoundError} where there is no such study.
   */
  static async open(
    studyId: number,
    parts: StudyParts,
    resumeSampler: boolean | null = null,
  ): Promise<Study> {
    const frozen = await parts.storage.getStudy(studyId);
    const resume = resumeSampler ?? (await parts.storage.getAllTrials(studyId, ['RUNNING'])).length === 0;
    if (resume) restoreSamplerState(parts.sampler, frozen);
    return new Study(frozen, parts);
  }

  /** The direction of a study with one objective. @throws {HoneError} `misuse` where there are several. */
  get direction(): StudyDirection {
    const [direction, ...others] = this.directions;
    if (direction === undefined || others.length > 0) {
      throw misuse('A study with several objectives has directions, not a direction.');
    }
    return direction;
  }

  /**
   * Start a trial: the first WAITING one, or a new one.
   *
   * @param fixedDistributions parameters to suggest at once, by name.
   */
  async ask(fixedDistributions: Readonly<Record<string, Distribution>> = {}): Promise<Trial> {
    const waiting = await this.storage.popWaitingTrial(this.studyId);
    const trialId = waiting?.trialId ?? (await this.storage.createTrial(this.studyId)).trialId;
    const trials = await this.getTrials();
    const start =
      trials.findLast((trial) => trial.trialId === trialId) ?? (await this.storage.getTrial(trialId));
    const trial = new Trial(this, start, { studyName: this.studyName, directions: this.directions, trials });
    this.#openTrials.set(trialId, trial);
    for (const [name, distribution] of Object.entries(fixedDistributions)) trial.suggest(name, distribution);
    return trial;
  }

  /**
   * End a trial.
   *
   * Without a state it is COMPLETE where the values are usable, else FAIL, with a warning. A PRUNED trial takes the
   * value of its last step.
   *
   * @param trial the trial, or its number.
   * @throws {NotFoundError} where no trial has that number.
   * @throws {HoneError} `not-running` where the trial is not RUNNING (and not finished with `skipIfFinished`).
   * @throws {InvalidInputError} where state and values contradict each other; the trial stays RUNNING.
   */
  async tell(
    trial: Trial | number,
    values?: ObjectiveValue,
    options: TellOptions = {},
  ): Promise<FrozenTrial> {
    const trialId = typeof trial === 'number' ? await this.#findTrialId(trial) : trial.trialId;
    const told = await tellTrial(this, trialId, values, options);
    if (told.problem !== null) logWarning(`Trial ${told.trial.number} failed: ${told.problem}`);
    return told.trial;
  }

  /**
   * Run trials until there are enough. See {@link OptimizeOptions}.
   *
   * A trial whose objective throws `TrialPruned` is PRUNED, one that throws anything else FAIL.
   *
   * @throws the first error of an objective that `catch` does not name, or of a storage or callback.
   */
  async optimize(objective: Objective, options: OptimizeOptions = {}): Promise<void> {
    if (this.#optimization !== null)
      throw misuse('optimize is running already and must not be called inside itself.');
    this.#optimization = new Optimization(this, objective, options);
    try {
      await this.#optimization.run();
    } finally {
      this.#optimization = null;
    }
  }

  /** Start no more trials in the {@link optimize} under way. @throws {HoneError} `misuse` outside of one. */
  stop(): void {
    if (this.#optimization === null)
      throw misuse('stop works inside an objective or a callback of optimize only.');
    this.#optimization.stop();
  }

  /** Put a trial with given parameters in the queue; `ask` takes queued trials first. */
  async enqueueTrial(
    params: Readonly<Record<string, ParamValue>>,
    options: EnqueueOptions = {},
  ): Promise<void> {
    if (options.skipIfExists && hasSameParams(await this.getTrials(), params)) {
      logInfo(`A trial with the parameters ${JSON.stringify(params)} exists and is not enqueued again.`);
      return;
    }
    const { userAttrs = {} } = options;
    await this.addTrial(
      createTrial({ state: 'WAITING', userAttrs, systemAttrs: { [FIXED_PARAMS_KEY]: params } }),
    );
  }

  /** Put a trial into the study as it is. @throws {InvalidInputError} where it has too many or too few values. */
  async addTrial(trial: TrialTemplate): Promise<void> {
    if (trial.values !== null && trial.values.length !== this.directions.length) {
      throw new InvalidInputError(
        'values',
        `The trial has ${trial.values.length} values, but the study has ${this.directions.length} objectives.`,
      );
    }
    await this.storage.createTrial(this.studyId, trial);
  }

  async addTrials(trials: Iterable<TrialTemplate>): Promise<void> {
    for (const trial of trials) await this.addTrial(trial);
  }

  /** All trials by number, or those of some states. */
  async getTrials(options: { readonly states?: readonly TrialState[] } = {}): Promise<FrozenTrial[]> {
    return this.storage.getAllTrials(this.studyId, options.states);
  }

  /** See {@link findBestTrial}, errors included. */
  async bestTrial(): Promise<FrozenTrial> {
    return findBestTrial(await this.getTrials(), this.directions);
  }

  /** The value of {@link bestTrial}. */
  async bestValue(): Promise<number> {
    return (await this.bestTrial()).values?.[0] ?? Number.NaN;
  }

  /** The parameters of {@link bestTrial}. */
  async bestParams(): Promise<Readonly<Record<string, ParamValue>>> {
    return (await this.bestTrial()).params;
  }

  /** The Pareto front, by number; see {@link findBestTrials}. */
  async bestTrials(): Promise<FrozenTrial[]> {
    return findBestTrials(await this.getTrials(), this.directions);
  }

  async userAttrs(): Promise<Readonly<Record<string, JsonValue>>> {
    return (await this.storage.getStudy(this.studyId)).userAttrs;
  }

  async setUserAttr(key: string, value: JsonValue): Promise<void> {
    await this.storage.setStudyUserAttr(this.studyId, key, value);
  }

  async systemAttrs(): Promise<Readonly<Record<string, JsonValue>>> {
    return (await this.storage.getStudy(this.studyId)).systemAttrs;
  }

  async setSystemAttr(key: string, value: JsonValue): Promise<void> {
    await this.storage.setStudySystemAttr(this.studyId, key, value);
  }

  /** Names of the objectives, or null where none were set. */
  async metricNames(): Promise<readonly string[] | null> {
    return ((await this.systemAttrs())[METRIC_NAMES_KEY] ?? null) as readonly string[] | null;
  }

  /** @throws {InvalidInputError} unless there is one name an objective. */
  async setMetricNames(names: readonly string[]): Promise<void> {
    if (names.length !== this.directions.length) {
      throw new InvalidInputError(
        'metricNames',
        `There are ${names.length} metric names, but the study has ${this.directions.length} objectives.`,
      );
    }
    await this.setSystemAttr(METRIC_NAMES_KEY, names);
  }

  /** Make durable what an open trial has suggested, and forget the trial. Used by `tell`. */
  async flushTrial(trialId: number): Promise<void> {
    await this.#openTrials.get(trialId)?.flush();
    this.#openTrials.delete(trialId);
  }

  /**
   * Check a distribution against the one under which the study knows the parameter. Used by `Trial`.
   *
   * @throws {InvalidInputError} where the kind, log or the choices differ.
   */
  checkDistribution(paramName: string, distribution: Distribution, context: SamplerContext): void {
    let known = this.#distributions.get(paramName);
    if (known === undefined) {
      const trial = context.trials.find((other) => other.distributions.has(paramName));
      known = trial?.distributions.get(paramName);
      if (known === undefined) return;
      this.#distributions.set(paramName, known);
    }
    checkDistributionCompatibility(paramName, known, distribution);
  }

  async #findTrialId(number: number): Promise<number> {
    const trial = (await this.getTrials()).find((other) => other.number === number);
    if (trial === undefined)
      throw new NotFoundError(`Trial ${number} cannot be told, since there is no such trial.`);
    return trial.trialId;
  }
}
