import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { onTestFinished } from 'vitest';
import type { Dataset, DatasetImage } from './base.ts';
import { SeededRandom } from './seeded-random.ts';

/** A folder that is deleted when the test ends. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hone-dataset-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Works as a user who is not root, to whom permissions apply; root takes another effective user for the while.
 *
 * @param folder - Made visible to that user.
 */
export async function withoutPrivileges<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await chmod(folder, 0o755);
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** A picture with structure everywhere: soft blobs, other ones for every seed. */
export function drawBlobs(seed: number, width = 48, height = 32): Sharp {
  const random = new SeededRandom(seed);
  const blobs = Array.from({ length: 24 }, () => ({
    x: random.uniform(0, 1),
    y: random.uniform(0, 1),
    radius: random.uniform(0.08, 0.3),
    colour: [0, 1, 2].map(() => random.uniform(-160, 160)),
  }));
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let level = 128;
        for (const blob of blobs) {
          const squared = ((x + 0.5) / width - blob.x) ** 2 + ((y + 0.5) / height - blob.y) ** 2;
          level += (blob.colour[channel] ?? 0) * Math.exp(-squared / blob.radius ** 2);
        }
        pixels[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, level));
      }
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Writes files below a folder, with the folders they need. */
export async function writeTree(
  folder: string,
  files: Readonly<Record<string, Buffer | string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** PNG pictures by path, each with another seed. */
export async function drawPngs(paths: readonly string[], firstSeed = 1): Promise<Record<string, Buffer>> {
  const pictures = paths.map(async (name, index) => [
    name,
    await drawBlobs(firstSeed + index)
      .png()
      .toBuffer(),
  ]);
  return Object.fromEntries(await Promise.all(pictures));
}

/** A dataset without files, of images with the given labels and, where given, duplicate groups and splits. */
export function describeDataset(
  images: ReadonlyArray<Pick<DatasetImage, 'label'> & Partial<DatasetImage>>,
): Dataset {
  const classCount = Math.max(...images.map(({ label }) => label)) + 1;
  return {
    folder: '/nowhere',
    shape: 'class-folders',
    classes: Array.from({ length: classCount }, (_, label) => `class ${label}`),
    images: images.map((image, index) =>
      Object.assign(
        {
          path: `${index}.png`,
          width: 8,
          height: 8,
          sizeBytes: 1,
          contentHash: String(index),
          perceptualHash: '0'.repeat(16),
          duplicateGroup: index,
          split: null,
        },
        image,
      ),
    ),
    unreadable: [],
    warnings: [],
    fingerprint: 'none',
  };
}
