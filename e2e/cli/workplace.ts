import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawSample } from '../../core/dataset/sample/draw-sample.ts';
import type { TrainerScript } from '../../main/trainer/scripted-trainer.ts';

const SCRIPTED_TRAINER = fileURLToPath(new URL('../../main/trainer/scripted-trainer.ts', import.meta.url));

/** Six pictures a class: enough for every part of a split, decoded in no time. */
const IMAGES = 48;

/** A temporary folder with a few sprites, and a home of its own. */
export interface Workplace {
  readonly folder: string;
  /** The sprites. */
  readonly images: string;
  /** A path in the folder. */
  file(name: string): string;
  /** Environment in which `hone` keeps its library in the folder. */
  readonly env: Readonly<Record<string, string>>;
  /** The same, with trainers that compute curves instead of training. */
  scriptedEnv(script?: TrainerScript): Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Make a {@link Workplace}. */
export async function makeWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hone-cli-'));
  // Readable for the other users as whom some tests run.
  await chmod(folder, 0o755);
  const images = path.join(folder, 'sprites');
  await drawSample(images, { images: IMAGES });
  const env = { XDG_DATA_HOME: path.join(folder, 'home') };
  return {
    folder,
    images,
    file: (name) => path.join(folder, name),
    env,
    scriptedEnv: (script = {}) => ({
      ...env,
      HONE_TRAINER: SCRIPTED_TRAINER,
      HONE_SCRIPTED_TRAINER: JSON.stringify(script),
    }),
    remove: async () => rm(folder, { recursive: true }),
  };
}
