import type { RunEvent } from '../../engine/run-contract.ts';

/** Shows a run while it goes on, on standard error. */
export interface ProgressView {
  /** Take an event into account; what becomes visible of it, and when, is the view's. */
  show(event: RunEvent): void;
  /** Say something that is not an event of the run, such as the answer to Ctrl-C. */
  note(line: string): void;
  /** Leave the stream as it was found: no bars, a visible cursor. */
  close(): void;
}

/** What a view has to know of a run before it starts. */
export interface RunPlan {
  readonly storageFile: string;
  readonly datasetFolder: string;
  readonly nTrials: number;
  readonly epochs: number;
  readonly timeoutS: number | null;
  /** True where trials may train at different sizes of images. */
  readonly variesImageSize: boolean;
  /** Trials that must be complete before any is pruned; null where nothing is ever pruned. */
  readonly pruningStartsAfter: number | null;
}

/** Where a view writes; `process.stderr` fits. */
export interface ProgressStream {
  write(text: string): unknown;
}
