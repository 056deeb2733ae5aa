import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { InvalidInputError } from '../../base/errors.ts';
import { forEachBounded } from '../bounded-work.ts';
import { SeededRandom } from '../seeded-random.ts';
import { Canvas, type Pose } from './canvas.ts';
import { chooseColours } from './palettes.ts';
import { paintBackground, paintForeground } from './scenes.ts';
import { SPRITES, type Sprite } from './sprites.ts';

/** Size of a sprite in pixels. */
export const SAMPLE_WIDTH = 80;
/** Size of a sprite in pixels. */
export const SAMPLE_HEIGHT = 40;

/** Changes with every change of the drawing, so that an older sample is not taken for a new one. */
const RECIPE_VERSION = 1;
const RECIPE_FILE = 'sample.json';
const PICTURES_IN_FLIGHT = 8;

/** What to draw. */
export interface SampleOptions {
  /** Any integer; the same seed draws the same pictures. Default 0. */
  readonly seed?: number;
  /** Pictures in all classes together, at least one a class; spread as evenly as they can be. Default 1,200. */
  readonly images?: number;
  /** Aborting rejects with the signal's reason and leaves nothing behind. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What lies in the folder afterwards. */
export interface SampleSummary {
  /** Absolute path. */
  readonly folder: string;
  readonly classes: readonly string[];
  readonly imageCount: number;
  /** False where the folder held this very sample already. */
  readonly drawn: boolean;
}

/**
 * Draws the sample data: class folders of PNG sprites, {@link SAMPLE_WIDTH} wide and {@link SAMPLE_HEIGHT} high.
 *
 * The pictures appear all at once: they are drawn into a folder beside it, which is then renamed.
 *
 * @param folder - Missing, empty, or the same sample drawn before, which is kept as it is.
 * @throws InvalidInputError where the folder holds something else or cannot be written, or for too few images.
 */
export async function drawSample(folder: string, options: SampleOptions = {}): Promise<SampleSummary> {
  const { seed = 0, images = 1200, signal } = options;
  const target = path.resolve(folder);
  if (!Number.isInteger(seed))
    throw new InvalidInputError('--seed', `--seed is ${seed}; it has to be an integer.`);
  if (!Number.isInteger(images) || images < SPRITES.length) {
    const sentence = `--images is ${images}; the sample needs at least one image for each of its ${SPRITES.length} classes.`;
    throw new InvalidInputError('--images', sentence);
  }
  signal?.throwIfAborted();
  const recipe = `${JSON.stringify({ recipe: 'hone-sample', version: RECIPE_VERSION, seed, images })}\n`;
  const summary = { folder: target, classes: SPRITES.map(({ name }) => name), imageCount: images };
  if (await holdsSample(target, recipe)) return { ...summary, drawn: false };

  const partial = `${target}.partial-${randomBytes(4).toString('hex')}`;
  try {
    for (const { name } of SPRITES) await mkdir(path.join(partial, name), { recursive: true });
    await drawPictures(partial, seed, images, options);
    await writeFile(path.join(partial, RECIPE_FILE), recipe);
    await rmdir(target).catch(ignoreMissing);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw explainWriteError(error, target);
  }
  return { ...summary, drawn: true };
}

/**
 * One sprite in its scene.
 *
 * @param sprite - Its class.
 * @param random - Decides everything about the picture; its state moves on.
 * @returns Bytes, [SAMPLE_HEIGHT, SAMPLE_WIDTH, 3].
 */
export function drawPicture(sprite: Sprite, random: SeededRandom): Uint8ClampedArray {
  const canvas = new Canvas(SAMPLE_WIDTH, SAMPLE_HEIGHT);
  const colours = chooseColours(sprite.coats, random);
  const pose = choosePose(sprite, random);
  paintBackground(canvas, random);
  canvas.drawSprite(sprite.layers(random, colours), pose, colours.dark);
  paintForeground(canvas, pose, random);
  const noise = random.uniform(1, 6);
  const light = random.uniform(0.85, 1.1);
  canvas.map((value) => value * light + random.normal() * noise);
  return canvas.toBytes();
}

function choosePose(sprite: Sprite, random: SeededRandom): Pose {
  const scale = random.uniform(16, 20);
  const marginX = sprite.reach * scale * 0.92;
  return {
    scale,
    centerX: random.uniform(marginX, SAMPLE_WIDTH - marginX),
    centerY: SAMPLE_HEIGHT / 2 + random.uniform(-3, 3),
    stretch: random.uniform(0.95, 1.1),
    angle: random.uniform(-sprite.turn, sprite.turn),
    mirrored: random.chance(0.5),
  };
}

async function drawPictures(
  folder: string,
  seed: number,
  images: number,
  { signal, onProgress }: SampleOptions,
): Promise<void> {
  let done = 0;
  const indices = Array.from({ length: images }, (_, index) => index);
  await forEachBounded(indices, PICTURES_IN_FLIGHT, signal, async (index) => {
    const label = index % SPRITES.length;
    const sprite = SPRITES[label] as Sprite;
    const ordinal = Math.floor(index / SPRITES.length);
    const pixels = drawPicture(sprite, new SeededRandom(seed, label, ordinal));
    const raw = { width: SAMPLE_WIDTH, height: SAMPLE_HEIGHT, channels: 3 } as const;
    const png = await sharp(pixels, { raw }).png({ compressionLevel: 6 }).toBuffer();
    const file = `${sprite.name}-${String(ordinal + 1).padStart(4, '0')}.png`;
    await writeFile(path.join(folder, sprite.name, file), png);
    onProgress?.(++done, images);
  });
}

/** Whether the folder holds the sample of this recipe; false where it is missing or empty. */
async function holdsSample(folder: string, recipe: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: unknown) => {
    ignoreMissing(error, folder);
    return [];
  });
  if (names.length === 0) return false;
  const found = await readFile(path.join(folder, RECIPE_FILE), 'utf8').catch(() => '');
  if (found === recipe) return true;
  const sentence = `FOLDER ${folder} is not empty; the sample is drawn into a folder that is new or empty.`;
  throw new InvalidInputError('FOLDER', sentence);
}

function ignoreMissing(error: unknown, folder = ''): void {
  if (errorCode(error) === 'ENOENT') return;
  throw explainWriteError(error, folder);
}

function explainWriteError(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  const reasons: Record<string, string> = {
    EACCES: 'may not be written by this user',
    EPERM: 'may not be written by this user',
    EROFS: 'lies on a read-only disk',
    ENOSPC: 'lies on a full disk; the sample needs about 15 MB',
    ENOTDIR: 'is not a folder',
  };
  const reason = reasons[code];
  return reason ? new InvalidInputError('FOLDER', `FOLDER ${folder} ${reason}.`, { cause: error }) : error;
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
