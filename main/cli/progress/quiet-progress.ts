import type { RunEvent } from '../../engine/run-contract.ts';
import type { ProgressStream, ProgressView } from './base.ts';

/** Says nothing of a run but what somebody asked for (`--quiet`). */
export class QuietProgress implements ProgressView {
  readonly #stream: ProgressStream;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  show(_event: RunEvent): void {
    // The end is told by the statistics.
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  close(): void {
    // Nothing is drawn.
  }
}
