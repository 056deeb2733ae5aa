import type { DecodedCacheInfo } from '../../core/dataset/base.ts';
import { DecodedCacheReader } from '../../core/dataset/decoded-cache-reader.ts';
import type { Backend } from '../../core/training/backends/base.ts';
import { createBackend } from '../../core/training/create-backend.ts';
import type { EvaluationMetrics, TrialJob } from '../../core/training/protocol.ts';
import type { TrialControl, TrialOutcome } from '../../core/training/trial-control.ts';
import { evaluateTrial, runTrial } from '../../core/training/trial-loop.ts';
import { serveTrials, type TrialRunner } from './serve-trials.ts';

/**
 * The trainer process: one backend, one trial at a time, started and steered by the engine over IPC.
 *
 * `HONE_TRAINER_BACKEND` names the backend; `wasm` where it is not set.
 */

/** Trains on one backend; keeps the last dataset open, which the next trial mostly shares. */
class TrainingRunner implements TrialRunner {
  readonly #backend: Backend;
  #open: { readonly info: DecodedCacheInfo; readonly reader: DecodedCacheReader } | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  run(job: TrialJob, control: TrialControl): Promise<TrialOutcome> {
    return runTrial(this.#backend, () => this.#reader(job.dataset), job, control);
  }

  evaluate(job: TrialJob): Promise<EvaluationMetrics> {
    return evaluateTrial(this.#backend, () => this.#reader(job.dataset), job);
  }

  #reader(info: DecodedCacheInfo): DecodedCacheReader {
    if (this.#open?.info.file === info.file && this.#open.info.indexFile === info.indexFile)
      return this.#open.reader;
    this.#open?.reader.close();
    this.#open = null;
    const reader = new DecodedCacheReader(info);
    this.#open = { info, reader };
    return reader;
  }
}

const backend = await createBackend(process.env['HONE_TRAINER_BACKEND'] ?? 'wasm');
const { name, description } = backend;
serveTrials(new TrainingRunner(backend), { type: 'ready', backend: name, description, pid: process.pid });
