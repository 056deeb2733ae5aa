import type { TrainerEvent } from '../../core/training/protocol.ts';
import { TrainerLostError, TrainerProcess } from './trainer-process.ts';

/** How long a trainer may take, in milliseconds. Generous: a slow machine must not look like a hanging one. */
export interface TrainerLimits {
  /** From the start of the process to its `ready`. */
  readonly readyMs: number;
  /** Between two messages of a trainer at work: data is loaded, a large batch trained, a part validated. */
  readonly silenceMs: number;
  /** From `interrupt` to its answer; one batch and one checkpoint. */
  readonly interruptMs: number;
}

/** The limits of the product; tests of hanging trainers use shorter ones. */
export const DEFAULT_TRAINER_LIMITS: TrainerLimits = {
  readyMs: 120_000,
  silenceMs: 600_000,
  interruptMs: 60_000,
};

/** What a trainer says of itself when it can take work. */
export type TrainerReady = Extract<TrainerEvent, { type: 'ready' }>;

/**
 * Trainer processes, reused between trials. Starting one costs about a second (TensorFlow.js and its kernels are
 * loaded and compiled), so a free one waits for the next trial; one that died is replaced when it is needed.
 */
export class TrainerPool {
  readonly limits: TrainerLimits;
  readonly #entry: URL;
  readonly #onReady: (ready: TrainerReady) => void;
  readonly #idle: TrainerProcess[] = [];
  readonly #starting: Array<Promise<TrainerProcess>> = [];
  readonly #all = new Set<TrainerProcess>();
  #closed = false;

  /**
   * @param entry file that trainer processes run.
   * @param onReady called for each process when it can take work.
   */
  constructor(entry: URL, limits: TrainerLimits, onReady: (ready: TrainerReady) => void) {
    this.#entry = entry;
    this.limits = limits;
    this.#onReady = onReady;
  }

  /** Start processes ahead of the first trials, while the dataset is prepared. */
  warm(count: number): void {
    for (let i = 0; i < count; i++) {
      const start = this.#start();
      // A process that cannot start is reported to the trial that wants it.
      start.catch(() => {});
      this.#starting.push(start);
    }
  }

  /**
   * A trainer that is ready for a trial; it is the caller's until {@link release}.
   *
   * @throws {TrainerLostError} where a process cannot be started.
   */
  async acquire(): Promise<TrainerProcess> {
    for (;;) {
      const trainer = this.#idle.pop() ?? (await (this.#starting.shift() ?? this.#start()));
      if (trainer.usable) return trainer;
      this.#all.delete(trainer);
    }
  }

  /** Give a trainer back; one that was lost is forgotten. */
  release(trainer: TrainerProcess): void {
    if (trainer.usable && !this.#closed) this.#idle.push(trainer);
    else this.#all.delete(trainer);
  }

  /** End every process at once, those at work included; a free one has nothing to lose. */
  async kill(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map(async (trainer) => trainer.kill()));
    this.#all.clear();
  }

  async #start(): Promise<TrainerProcess> {
    if (this.#closed) throw new TrainerLostError('ended', 'the trainers were ended by the engine');
    const trainer = new TrainerProcess(this.#entry);
    this.#all.add(trainer);
    try {
      const event = await trainer.next(this.limits.readyMs);
      if (event.type !== 'ready') {
        await trainer.kill();
        throw new TrainerLostError('protocol', `the trainer process sent ${event.type} before ready`);
      }
      this.#onReady(event);
      return trainer;
    } catch (error) {
      this.#all.delete(trainer);
      throw error;
    }
  }
}
