import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { SqliteStorage } from '../../core/storage/rdb/sqlite-storage.ts';
import type { EpochRecord, RunStatus } from '../../core/storage/run-records.ts';
import type { FrozenTrial } from '../../core/study/frozen-trial.ts';
import type { FrozenStudy } from '../../core/storage/base.ts';
import type { TrainerScript } from '../trainer/scripted-trainer.ts';
import type { RunEvent, RunRequest, RunResult, StudyRun } from './run-contract.ts';
import { startStudyRunIn } from './start-study-run.ts';
import type { RunEnvironment } from './study-run.ts';
import { DEFAULT_TRAINER_LIMITS } from './trainer-pool.ts';

/** The scripted trainer, the one fake of the tests. */
export const SCRIPTED_TRAINER = new URL('../trainer/scripted-trainer.ts', import.meta.url);

/** Makes a run on a new folder of images and a new database; everything is deleted at the end. */
export class RunUnderTest implements Disposable {
  readonly folder: string;
  readonly request: RunRequest;
  readonly events: RunEvent[] = [];
  readonly #listeners = new Set<(event: RunEvent) => void>();
  #script: TrainerScript = {};

  private constructor(folder: string, changes: Partial<RunRequest>) {
    this.folder = folder;
    this.request = {
      storageFile: join(folder, 'library.db'),
      studyName: 'sprites',
      datasetFolder: join(folder, 'images'),
      space: [
        { name: 'batch_size', type: 'categorical', choices: [8, 16, 32, 64] },
        { name: 'optimizer', type: 'categorical', choices: ['AdamW', 'SGD', 'Adam'] },
        { name: 'lr', type: 'float', low: 1e-5, high: 1e-2, log: true },
      ],
      sampler: { name: 'tpe', options: {} },
      pruner: { name: 'median', options: {} },
      objective: 'precision + recall',
      direction: 'maximize',
      nTrials: 4,
      epochs: 3,
      timeoutS: null,
      jobs: 1,
      seed: 7,
      fixed: { image_size: '8x8' },
      split: [0.6, 0.2, 0.2],
      ...changes,
    };
  }

  /** @param changes of the request. */
  static async make(changes: Partial<RunRequest> = {}): Promise<RunUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'hone-run-'));
    await drawImages(join(folder, 'images'));
    return new RunUnderTest(folder, changes);
  }

  /** What the trainers of the next runs do. */
  script(script: TrainerScript): void {
    this.#script = script;
  }

  start(changes: Partial<RunRequest> = {}, environment: Partial<RunEnvironment> = {}): StudyRun {
    process.env['HONE_SCRIPTED_TRAINER'] = JSON.stringify(this.#script);
    this.events.length = 0;
    const request = { ...this.request, ...changes };
    return startStudyRunIn({ trainerEntry: SCRIPTED_TRAINER, ...environment }, request, (event) =>
      this.#tell(event),
    );
  }

  async run(
    changes: Partial<RunRequest> = {},
    environment: Partial<RunEnvironment> = {},
  ): Promise<RunResult> {
    return this.start(changes, environment).result;
  }

  /** The events of one type of the last run. */
  eventsOf<T extends RunEvent['type']>(type: T): Array<Extract<RunEvent, { type: T }>> {
    return this.events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  }

  /** Call `listener` for each event from now on, at the moment at which the engine tells it. */
  onEvent(listener: (event: RunEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves with the first event, from now on, that fits. */
  async nextEvent<T extends RunEvent['type']>(
    type: T,
    fits: (event: Extract<RunEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<RunEvent, { type: T }>> {
    return new Promise((resolve) => {
      const listener = (event: RunEvent) => {
        if (event.type !== type || !fits(event as Extract<RunEvent, { type: T }>)) return;
        this.#listeners.delete(listener);
        resolve(event as Extract<RunEvent, { type: T }>);
      };
      this.#listeners.add(listener);
    });
  }

  #tell(event: RunEvent): void {
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** What the file holds. */
  async read(): Promise<StoredStudy> {
    return readStudy(this.request.storageFile, this.request.studyName);
  }

  /** What of the trials is the same whenever, and in however many parts, a study is run. */
  async outcomes(): Promise<TrialOutcome[]> {
    const { trials } = await this.read();
    return trials.map(({ number, state, params, values, intermediateValues }) => {
      return { number, state, params, values, reports: [...intermediateValues] };
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A trial without its times and attributes. */
export interface TrialOutcome extends Pick<FrozenTrial, 'number' | 'state' | 'params' | 'values'> {
  readonly reports: ReadonlyArray<readonly [step: number, value: number]>;
}

/** A study as its file has it after a run. */
export interface StoredStudy {
  readonly study: FrozenStudy;
  readonly trials: readonly FrozenTrial[];
  readonly status: RunStatus | null;
  /** By trial number. */
  readonly epochs: ReadonlyArray<readonly EpochRecord[]>;
}

/** Read a study with its run status and epochs, as a later process would. @throws {NotFoundError} */
export async function readStudy(file: string, studyName: string): Promise<StoredStudy> {
  const storage = await SqliteStorage.open(file);
  try {
    const studyId = await storage.getStudyIdFromName(studyName);
    const trials = await storage.getAllTrials(studyId);
    const epochs = [];
    for (const { trialId } of trials) epochs.push(await storage.runRecords.getEpochs(trialId));
    const status = await storage.runRecords.getRunStatus(studyId);
    return { study: await storage.getStudy(studyId), trials, status, epochs };
  } finally {
    await storage.close();
  }
}

/** Limits under which a hanging trainer is noticed within a test. */
export const SHORT_LIMITS = { ...DEFAULT_TRAINER_LIMITS, silenceMs: 5000 };

/** Two classes of twenty small pictures, all different. */
async function drawImages(folder: string): Promise<void> {
  for (const [label, name] of ['left', 'right'].entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const pixels = Buffer.alloc(8 * 8 * 3);
      for (let p = 0; p < pixels.length; p++) pixels[p] = (p * (i + 3) * (label + 5) + i * 31) % 256;
      await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
        .png()
        .toFile(join(folder, name, `${i}.png`));
    }
  }
}

/** Kill the trainers that this process has started. @returns how many. */
export function killChildTrainers(): number {
  // procps says it without asking for the processes of others.
  const list = execFileSync('ps', ['-o', 'pid=,stat=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  const trainers = list
    .split('\n')
    .filter((line) => line.includes('/main/trainer/') && !/^\s*\d+\s+Z/.test(line));
  for (const line of trainers) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  return trainers.length;
}
