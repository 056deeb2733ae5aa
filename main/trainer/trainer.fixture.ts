import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TrainerEvent, TrainerRequest, TrialJob } from '../../core/training/protocol.ts';

type EventOf<T extends TrainerEvent['type']> = Extract<TrainerEvent, { type: T }>;

/** How a process ended. */
interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What a job came to: the last event, and the epochs that were reported on the way. */
interface JobEnd {
  readonly end: TrainerEvent;
  readonly epochs: ReadonlyArray<EventOf<'epoch'>>;
}

/** A trainer process under test; killed when it goes out of scope. */
export class TrainerUnderTest implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly exited: Promise<ProcessEnd>;
  /** What it said on standard error; complete when it has exited. */
  output = '';
  readonly #events: TrainerEvent[] = [];
  #taken = 0;
  #wake: () => void = () => undefined;
  #hasExited = false;

  /** @param entry file of the trainer, a sibling of this one. */
  constructor(entry: string, env: Readonly<Record<string, string>> = {}) {
    this.process = fork(join(import.meta.dirname, entry), {
      env: { ...process.env, ...env },
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.process.on('message', (event) => {
      this.#events.push(event as TrainerEvent);
      this.#wake();
    });
    // Messages may still come after `exit`, never after `disconnect`; output may come after both.
    const { stderr } = this.process;
    if (stderr === null) throw new Error('the trainer has no standard error');
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    const gone = Promise.all([
      once(this.process, 'exit'),
      once(this.process, 'disconnect'),
      once(stderr, 'close'),
    ]);
    this.exited = gone.then(([[code, signal]]) => {
      this.#hasExited = true;
      this.#wake();
      return { code: code as number | null, signal: signal as string | null };
    });
  }

  send(request: TrainerRequest): void {
    this.process.send(request);
  }

  /** The next event; rejects where the process ends instead. */
  async takeAny(): Promise<TrainerEvent> {
    for (;;) {
      const event = this.#events[this.#taken];
      if (event !== undefined) {
        this.#taken++;
        return event;
      }
      if (this.#hasExited) throw new Error('the trainer ended instead of answering');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next event but progress. */
  async take(): Promise<Exclude<TrainerEvent, { type: 'progress' }>> {
    for (;;) {
      const event = await this.takeAny();
      if (event.type !== 'progress') return event;
    }
  }

  /** The next event but progress, which is of this type; rejects where it is another one. */
  async takeA<T extends TrainerEvent['type']>(type: T): Promise<EventOf<T>> {
    const event = await this.take();
    if (event.type !== type) throw new Error(`not ${type}, but ${JSON.stringify(event)}`);
    return event as EventOf<T>;
  }

  /** Run a job to its end; `answer` sees every epoch, and says what the engine says to it. */
  async run(
    job: TrialJob,
    answer: (epoch: EventOf<'epoch'>) => 'continue' | 'prune' | 'interrupt' = () => 'continue',
  ): Promise<JobEnd> {
    const epochs: Array<EventOf<'epoch'>> = [];
    this.send({ type: 'start', job });
    for (;;) {
      const event = await this.take();
      if (event.type !== 'epoch') return { end: event, epochs };
      epochs.push(event);
      this.send({ type: answer(event), trialId: job.trialId });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }
}
