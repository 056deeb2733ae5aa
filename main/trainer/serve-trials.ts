import type {
  EpochMetrics,
  EvaluationMetrics,
  TrainerEvent,
  TrainerRequest,
  TrialJob,
} from '../../core/training/protocol.ts';
import {
  type EpochVerdict,
  TrainingError,
  type TrialControl,
  type TrialOutcome,
} from '../../core/training/trial-control.ts';

/** What a trainer process does with a job. Errors other than {@link TrainingError} end the process. */
export interface TrialRunner {
  run(job: TrialJob, control: TrialControl): Promise<TrialOutcome>;
  /** Score the test part with the best checkpoint. */
  evaluate(job: TrialJob): Promise<EvaluationMetrics>;
}

/** At most five progress messages a second; the engine shows no more. */
const PROGRESS_INTERVAL_MS = 200;

/** Exit code after an error that is no {@link TrainingError}. */
const EXIT_INTERNAL = 70;

/**
 * Answer the engine's requests until it says `exit` or goes away. One trial at a time.
 *
 * @param ready says that the backend works; sent first.
 * @throws {Error} where the process was not started with an IPC channel.
 */
export function serveTrials(runner: TrialRunner, ready: Extract<TrainerEvent, { type: 'ready' }>): void {
  if (process.send === undefined) throw new Error('A trainer is started by the engine, with an IPC channel.');
  let running: RunningTrial | null = null;

  const work = async (trialId: number, task: () => Promise<TrainerEvent>): Promise<void> => {
    let event: TrainerEvent;
    let internal = false;
    try {
      event = await task();
    } catch (error) {
      internal = !(error instanceof TrainingError);
      event = { type: 'failed', trialId, failure: failureOf(error) };
    }
    running = null;
    if (internal) sendAndExit(event);
    else send(event);
  };

  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    // Only the engine holds the other end; both sides are built from the same protocol.ts.
    const request = message as TrainerRequest;
    if (request.type === 'exit') process.exit(0);
    if (request.type === 'start' || request.type === 'evaluate') {
      const { job } = request;
      if (running !== null) {
        const busy = `Trial ${job.number} was sent to a trainer that is busy.`;
        send({ type: 'failed', trialId: job.trialId, failure: { code: 'internal', message: busy } });
        return;
      }
      const trial = new RunningTrial(job.trialId);
      running = trial;
      void work(job.trialId, async () =>
        request.type === 'start'
          ? { ...(await runner.run(job, trial)), trialId: job.trialId }
          : { type: 'evaluated', trialId: job.trialId, metrics: await runner.evaluate(job) },
      );
      return;
    }
    // An answer to a trial that ended meanwhile has nothing to steer.
    if (running?.trialId === request.trialId) running.answer(request.type);
  });
  process.on('uncaughtException', (error) => {
    sendAndExit({ type: 'failed', trialId: running?.trialId ?? -1, failure: failureOf(error) });
  });
  send(ready);
}

function failureOf(error: unknown): Extract<TrainerEvent, { type: 'failed' }>['failure'] {
  if (error instanceof TrainingError) return error.failure;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'internal', message: `The trainer failed: ${text}` };
}

function send(event: TrainerEvent): void {
  // A parent that went away is noticed by `disconnect`; what was not delivered is of no use to anybody.
  if (process.connected) process.send?.(event, undefined, undefined, () => undefined);
}

function sendAndExit(event: TrainerEvent): void {
  if (!process.connected) process.exit(EXIT_INTERNAL);
  process.send?.(event, undefined, undefined, () => process.exit(EXIT_INTERNAL));
}

/** The trial that this process works on, as its runner sees the engine. */
class RunningTrial implements TrialControl {
  readonly trialId: number;
  interruptRequested = false;
  #lastProgressMs = Number.NEGATIVE_INFINITY;
  #resolveVerdict: ((verdict: EpochVerdict) => void) | null = null;

  constructor(trialId: number) {
    this.trialId = trialId;
  }

  answer(type: 'continue' | 'prune' | 'interrupt'): void {
    if (type === 'interrupt') this.interruptRequested = true;
    this.#resolveVerdict?.(type);
    this.#resolveVerdict = null;
  }

  progress(epoch: number, step: number, stepsPerEpoch: number, loss: number): void {
    const now = performance.now();
    if (now - this.#lastProgressMs < PROGRESS_INTERVAL_MS) return;
    this.#lastProgressMs = now;
    send({ type: 'progress', trialId: this.trialId, epoch, step, stepsPerEpoch, loss });
  }

  warn(message: string): void {
    // The engine keeps what a trainer says on standard error with the trial.
    process.stderr.write(`${message}\n`);
  }

  reportEpoch(value: number, metrics: EpochMetrics): Promise<EpochVerdict> {
    send({ type: 'epoch', trialId: this.trialId, epoch: metrics.epoch, value, metrics });
    if (this.interruptRequested) return Promise.resolve('interrupt');
    return new Promise((resolve) => {
      this.#resolveVerdict = resolve;
    });
  }
}
