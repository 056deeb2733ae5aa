import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InvalidInputError } from '../../base/errors.ts';
import { drawSample, SAMPLE_HEIGHT, SAMPLE_WIDTH } from './draw-sample.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'hone-sample-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function readTree(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const contents = files.sort().map(async (file) => {
    return [path.relative(folder, file), await readFile(file, 'base64')] as const;
  });
  return new Map(await Promise.all(contents));
}

test('draws class folders of PNG sprites, 80 wide and 40 high, spread evenly over eight classes', async () => {
  const folder = path.join(root, 'sample');
  const progress: number[] = [];
  const summary = await drawSample(folder, { images: 43, onProgress: (done) => progress.push(done) });
  expect(summary).toMatchObject({ folder, imageCount: 43, drawn: true });
  expect(summary.classes).toEqual(['fish', 'ghost', 'heart', 'key', 'mushroom', 'rocket', 'sword', 'tree']);
  const counts = await Promise.all(
    summary.classes.map(async (name) => (await readdir(path.join(folder, name))).length),
  );
  expect(counts).toEqual([6, 6, 6, 5, 5, 5, 5, 5]);
  expect(progress.at(-1)).toBe(43);
  const metadata = await sharp(path.join(folder, 'fish', 'fish-0001.png')).metadata();
  expect(metadata).toMatchObject({ format: 'png', width: SAMPLE_WIDTH, height: SAMPLE_HEIGHT, channels: 3 });
  expect([SAMPLE_WIDTH, SAMPLE_HEIGHT]).toEqual([80, 40]);
});

test('the same seed draws the same bytes, another seed other pictures, and no two pictures are equal', async () => {
  await drawSample(path.join(root, 'a'), { seed: 3, images: 24 });
  await drawSample(path.join(root, 'b'), { seed: 3, images: 24 });
  await drawSample(path.join(root, 'c'), { seed: 4, images: 24 });
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readTree(path.join(root, name))));
  expect(a).toEqual(b);
  expect(a?.size).toBe(25);
  expect(new Set(a?.values()).size).toBe(25);
  for (const [file, content] of a ?? []) expect(c?.get(file)).not.toBe(content);
});

test('more images of a seed begin with the same pictures', async () => {
  await drawSample(path.join(root, 'few'), { seed: 1, images: 8 });
  await drawSample(path.join(root, 'many'), { seed: 1, images: 16 });
  const few = await readTree(path.join(root, 'few'));
  const many = await readTree(path.join(root, 'many'));
  const pictures = [...few].filter(([file]) => file.endsWith('.png'));
  expect(pictures).toHaveLength(8);
  for (const [file, content] of pictures) expect(many.get(file)).toBe(content);
});

test('keeps the same sample, and refuses a folder with anything else', async () => {
  const folder = path.join(root, 'sample');
  await mkdir(folder);
  expect((await drawSample(folder, { images: 8 })).drawn).toBe(true);
  expect((await drawSample(folder, { images: 8 })).drawn).toBe(false);
  await expect(drawSample(folder, { images: 9 })).rejects.toThrow(/is not empty/);
  const notes = path.join(root, 'notes.txt');
  await writeFile(notes, 'mine');
  await expect(drawSample(notes)).rejects.toThrow(/notes\.txt is not a folder/);
  expect(await readFile(notes, 'utf8')).toBe('mine');
});

test.each([
  [{ images: 7 }, '--images'],
  [{ images: 9.5 }, '--images'],
  [{ seed: Number.NaN }, '--seed'],
])('refuses %o', async (options, field) => {
  const refused = drawSample(path.join(root, 'sample'), options);
  await expect(refused).rejects.toBeInstanceOf(InvalidInputError);
  await expect(refused).rejects.toMatchObject({ field });
  expect(await readdir(root)).toEqual([]);
});

test('cancelling leaves nothing behind', async () => {
  const controller = new AbortController();
  const drawing = drawSample(path.join(root, 'sample'), {
    images: 200,
    signal: controller.signal,
    onProgress: (done) => {
      if (done === 20) controller.abort(new Error('stopped by the user'));
    },
  });
  await expect(drawing).rejects.toThrow('stopped by the user');
  expect(await readdir(root)).toEqual([]);
});
