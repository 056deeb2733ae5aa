import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Dataset, DatasetSplit } from './base.ts';
import { buildDecodedCache, DatasetChangedError } from './decoded-cache.ts';
import { DecodedCacheReader } from './decoded-cache-reader.ts';
import { drawBlobs, drawPngs, makeTestFolder, withoutPrivileges, writeTree } from './dataset.fixture.ts';
import { decodeImage } from './image-reader.ts';
import { scanDataset } from './scan.ts';
import { splitDataset } from './split.ts';

const SIZE = { height: 10, width: 14 };
const IMAGE_BYTES = 10 * 14 * 3;

interface Prepared {
  readonly dataset: Dataset;
  readonly split: DatasetSplit;
  /** Holds nothing yet. */
  readonly cacheFolder: string;
}

async function prepare(imageCount = 12): Promise<Prepared> {
  const folder = await makeTestFolder();
  const names = Array.from({ length: imageCount }, (_, at) => `${at % 2 === 0 ? 'even' : 'odd'}/${at}.png`);
  await writeTree(folder, await drawPngs(names));
  const dataset = await scanDataset(folder);
  const cacheFolder = path.join(await makeTestFolder(), 'cache');
  return { dataset, split: splitDataset(dataset, [70, 15, 15], 1), cacheFolder };
}

test('holds every image as it is decoded, with labels, classes, paths and the split', async () => {
  const { dataset, split, cacheFolder } = await prepare();
  const cache = await buildDecodedCache(dataset, split, SIZE, cacheFolder);
  expect(cache).toMatchObject({ imageCount: 12, ...SIZE });
  const reader = new DecodedCacheReader(cache);
  expect(reader).toMatchObject({ ...SIZE, classes: ['even', 'odd'], split, imageCount: 12 });
  expect(reader.paths).toEqual(dataset.images.map((image) => image.path));
  expect([...reader.labels]).toEqual(dataset.images.map((image) => image.label));
  const order = [5, 0, 11, 5];
  const pixels = new Uint8Array(order.length * IMAGE_BYTES);
  reader.readImages(order, pixels);
  for (const [at, index] of order.entries()) {
    const bytes = await readFile(path.join(dataset.folder, dataset.images[index]?.path ?? ''));
    const expected = await decodeImage(bytes, SIZE.height, SIZE.width);
    expect(Buffer.from(pixels.subarray(at * IMAGE_BYTES, (at + 1) * IMAGE_BYTES)).equals(expected)).toBe(
      true,
    );
  }
  reader.close();
});

test('a cache too large to keep in memory is read in place', async () => {
  const { dataset, split, cacheFolder } = await prepare(6);
  const size = { height: 2000, width: 1900 };
  const cache = await buildDecodedCache(dataset, split, size, cacheFolder);
  const reader = new DecodedCacheReader(cache);
  const imageBytes = 2000 * 1900 * 3;
  const pixels = new Uint8Array(imageBytes);
  reader.readImages([2], pixels);
  const file = await readFile(cache.file);
  expect(file.subarray(2 * imageBytes, 3 * imageBytes).equals(pixels)).toBe(true);
  await truncate(cache.file, 2.5 * imageBytes);
  expect(() => reader.readImages([2], pixels)).toThrow(/were cut short/);
  reader.close();
  expect(() => reader.readImages([0], pixels)).toThrow(/is closed/);
});

test('is found again; another split shares the pixels, another size does not', async () => {
  const { dataset, split, cacheFolder } = await prepare();
  const first = await buildDecodedCache(dataset, split, SIZE, cacheFolder);
  const { mtimeMs } = await stat(first.file);
  const phases: string[] = [];
  const again = await buildDecodedCache(dataset, split, SIZE, cacheFolder, {
    onProgress: ({ phase }) => phases.push(phase),
  });
  expect(again).toEqual(first);
  expect(phases).toEqual([]);
  expect((await stat(first.file)).mtimeMs).toBe(mtimeMs);
  const otherSplit = splitDataset(dataset, [70, 15, 15], 2);
  const other = await buildDecodedCache(dataset, otherSplit, SIZE, cacheFolder);
  expect(other.file).toBe(first.file);
  expect(new DecodedCacheReader(other).split).toEqual(otherSplit);
  expect(new DecodedCacheReader(first).split).toEqual(split);
  const wider = await buildDecodedCache(dataset, split, { height: 10, width: 15 }, cacheFolder);
  expect(wider.file).not.toBe(first.file);
});

test('what was cut short or deleted is built again', async () => {
  const { dataset, split, cacheFolder } = await prepare();
  const cache = await buildDecodedCache(dataset, split, SIZE, cacheFolder);
  const whole = await readFile(cache.file);
  await truncate(cache.file, 100);
  expect(() => new DecodedCacheReader(cache)).toThrow(/have 100 bytes where 5040 belong/);
  await buildDecodedCache(dataset, split, SIZE, cacheFolder);
  expect((await readFile(cache.file)).equals(whole)).toBe(true);
  await rm(cache.indexFile);
  expect(() => new DecodedCacheReader(cache)).toThrow(/index of the decoded images .* cannot be read/);
  await buildDecodedCache(dataset, split, SIZE, cacheFolder);
  expect(new DecodedCacheReader(cache).imageCount).toBe(12);
  expect(() => new DecodedCacheReader({ ...cache, height: 14, width: 10 })).toThrow(/belongs to others/);
});

test('reads out of range are refused', async () => {
  const { dataset, split, cacheFolder } = await prepare(6);
  const reader = new DecodedCacheReader(await buildDecodedCache(dataset, split, SIZE, cacheFolder));
  const pixels = new Uint8Array(IMAGE_BYTES);
  expect(() => reader.readImages([6], pixels)).toThrow(/no image 6/);
  expect(() => reader.readImages([-1], pixels)).toThrow(/no image -1/);
  expect(() => reader.readImages([0, 1], pixels)).toThrow(/target is too small/);
});

test('builders at the same time agree and leave nothing but the cache', async () => {
  const { dataset, split, cacheFolder } = await prepare(20);
  const builds = Array.from({ length: 4 }, () => buildDecodedCache(dataset, split, SIZE, cacheFolder));
  const caches = await Promise.all(builds);
  for (const cache of caches) expect(cache).toEqual(caches[0]);
  expect(await readdir(cacheFolder)).toHaveLength(2);
  expect(new DecodedCacheReader(await buildDecodedCache(dataset, split, SIZE, cacheFolder)).imageCount).toBe(
    20,
  );
});

test('changed and vanished images are all reported, and nothing is kept', async () => {
  const { dataset, split, cacheFolder } = await prepare();
  const at = (name: string): string => path.join(dataset.folder, name);
  await rm(at('even/0.png'));
  await writeFile(at('odd/3.png'), await drawBlobs(77).png().toBuffer());
  const error: unknown = await buildDecodedCache(dataset, split, SIZE, cacheFolder).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatasetChangedError);
  expect((error as DatasetChangedError).changed.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
    { path: 'even/0.png', reason: 'no such file' },
    { path: 'odd/3.png', reason: 'its content is another' },
  ]);
  expect((error as DatasetChangedError).message).toMatch(
    /^2 images of .* have changed since it was scanned, such as /,
  );
  expect(await readdir(cacheFolder)).toEqual([]);
});

test('cancelling leaves nothing', async () => {
  const { dataset, split, cacheFolder } = await prepare(40);
  const controller = new AbortController();
  const reason = new Error('stopped by the user');
  const building = buildDecodedCache(dataset, split, SIZE, cacheFolder, {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(building).rejects.toBe(reason);
  expect(await readdir(cacheFolder)).toEqual([]);
});

test('a disk too small is refused before decoding, with the bytes needed', async () => {
  const { dataset, split, cacheFolder } = await prepare(6);
  const size = { height: 2 ** 20, width: 2 ** 20 };
  const needed = 6 * 2 ** 40 * 3;
  await expect(buildDecodedCache(dataset, split, size, cacheFolder)).rejects.toMatchObject({
    code: 'storage-disk-full',
    message: expect.stringMatching(
      new RegExp(`is full: the decoded images need ${needed} bytes and has \\d+\\.$`),
    ) as string,
  });
  expect(await readdir(cacheFolder)).toEqual([]);
});

test('a folder that may not be written is named', async () => {
  const { dataset, split, cacheFolder } = await prepare(6);
  await mkdir(cacheFolder, { mode: 0o555 });
  const building = withoutPrivileges(path.dirname(cacheFolder), () => {
    return buildDecodedCache(dataset, split, SIZE, path.join(cacheFolder, 'inner'));
  });
  await expect(building).rejects.toThrow(/folder for decoded images .* may not be written by this user/);
});

test('what a killed builder left long ago is removed, what is being built is not', async () => {
  const { dataset, split, cacheFolder } = await prepare(6);
  await writeTree(cacheFolder, { 'images-a.rgb.partial-1': 'old', 'images-b.rgb.partial-2': 'new' });
  const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
  await utimes(path.join(cacheFolder, 'images-a.rgb.partial-1'), longAgo, longAgo);
  await buildDecodedCache(dataset, split, SIZE, cacheFolder);
  const partial = (await readdir(cacheFolder)).filter((name) => name.includes('partial'));
  expect(partial).toEqual(['images-b.rgb.partial-2']);
});
