import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import type { TrainerEvent, TrainerRequest } from '../../core/training/protocol.ts';

/** How a trainer can be lost while it is needed. */
export type TrainerLossKind = 'exited' | 'hung' | 'protocol' | 'ended';

/** A trainer is gone, or was ended because it no longer answered as it should. */
export class TrainerLostError extends Error {
  readonly kind: TrainerLossKind;
  /** The last lines that the process printed. */
  readonly output: readonly string[];

  constructor(kind: TrainerLossKind, message: string, output: readonly string[] = []) {
    super(message);
    this.name = 'TrainerLostError';
    this.kind = kind;
    this.output = output;
  }

  /** Whether its last words tell of memory that ran out. */
  get outOfMemory(): boolean {
    return this.kind === 'exited' && this.output.some((line) => OUT_OF_MEMORY_WORDS.test(line));
  }
}

/** Lines of a trainer's output that are kept for the sentence about its end. */
const KEPT_OUTPUT_LINES = 50;
/** What V8, the WebAssembly heap and libc say when an allocation fails. */
const OUT_OF_MEMORY_WORDS = /heap out of memory|out of memory|Cannot enlarge memory|bad_alloc/i;

const TRIAL_EVENTS: ReadonlySet<string> = new Set([
  'progress',
  'epoch',
  'finished',
  'interrupted',
  'evaluated',
  'failed',
] satisfies Array<TrainerEvent['type']>);

/**
 * One trainer process and its messages. Events are taken one after another with {@link next}, in the order in
 * which the trainer sent them.
 */
export class TrainerProcess {
  readonly #child: ChildProcess;
  readonly #events: TrainerEvent[] = [];
  readonly #output: string[] = [];
  #wake: (() => void) | null = null;
  #lost: TrainerLostError | null = null;
  readonly #exited: Promise<void>;

  /** @param entry file that the process runs. */
  constructor(entry: URL) {
    this.#child = fork(fileURLToPath(entry), [], {
      // Ctrl-C reaches every process of the terminal's group: a trainer has to outlive it to write its checkpoint.
      detached: true,
      execArgv: [],
      // Unlike JSON, structured clones keep NaN and infinities.
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
    });
    this.#child.on('message', (message) => this.#receive(message));
    this.#child.on('error', (error) => this.#lose('exited', `could not be started (${error.message})`));
    this.#exited = new Promise((resolve) => {
      // Unlike 'exit', 'close' comes after the last message and the last line of output.
      this.#child.once('close', (code, signal) => {
        this.#lose('exited', describeExit(code, signal, this.#output));
        resolve();
      });
      this.#child.once('error', () => resolve());
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#keepOutput(stream);
  }

  /** Process id; undefined where the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True until the process has ended or broken the rules. */
  get usable(): boolean {
    return this.#lost === null;
  }

  /** What the process printed since this was last asked: remarks that belong to the trial it works on. */
  takeOutput(): string[] {
    return this.#output.splice(0);
  }

  /** Send a message; where the process is gone, {@link next} tells. */
  send(request: TrainerRequest): void {
    if (this.#lost !== null || !this.#child.connected) return;
    this.#child.send(request, () => {
      // A failed send is followed by 'close', which says more.
    });
  }

  /**
   * The next event.
   *
   * @param silenceLimitMs a trainer that sends nothing for so long hangs: it is killed.
   * @throws {TrainerLostError}
   */
  async next(silenceLimitMs: number): Promise<TrainerEvent> {
    const event = this.#events.shift();
    if (event !== undefined) return event;
    if (this.#lost !== null) throw this.#lost;
    await this.#waitForChange(silenceLimitMs);
    return this.next(silenceLimitMs);
  }

  /** End the process at once, whatever it does, and wait until it is gone. */
  async kill(): Promise<void> {
    this.#lost ??= new TrainerLostError('ended', 'was ended by the engine');
    this.#signalWake();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #receive(message: unknown): void {
    if (isTrainerEvent(message)) {
      this.#events.push(message);
      this.#signalWake();
      return;
    }
    this.#lose('protocol', `sent a message that the engine does not know (${summarize(message)})`);
    this.#child.kill('SIGKILL');
  }

  async #waitForChange(silenceLimitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        // After the engine itself was stopped, timers fire before messages that wait: read those first.
        setTimeout(() => {
          if (this.#wake === null) return;
          this.#lose('hung', `sent nothing for ${Math.round(silenceLimitMs / 1000)} s`);
          this.#child.kill('SIGKILL');
        }, 100);
      }, silenceLimitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #signalWake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #lose(kind: TrainerLossKind, what: string): void {
    this.#lost ??= new TrainerLostError(kind, `the trainer process ${what}`, [...this.#output]);
    this.#signalWake();
  }

  #keepOutput(stream: Readable | null): void {
    if (stream === null) return;
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      this.#output.push(line);
      if (this.#output.length > KEPT_OUTPUT_LINES) this.#output.shift();
    });
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null, output: readonly string[]): string {
  if (signal !== null) return `was killed by ${signal}`;
  // Node prints the error somewhere above its stack.
  const error = output.find((line) => /^\w*Error\b.*: /.test(line));
  return `ended with exit code ${code}${error === undefined ? '' : ` (${error})`}`;
}

function isTrainerEvent(message: unknown): message is TrainerEvent {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (message.type === 'ready') return 'backend' in message && 'description' in message;
  return (
    typeof message.type === 'string' &&
    TRIAL_EVENTS.has(message.type) &&
    'trialId' in message &&
    typeof message.trialId === 'number'
  );
}

function summarize(message: unknown): string {
  const text = inspect(message, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
