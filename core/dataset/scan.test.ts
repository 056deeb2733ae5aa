import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../base/errors.ts';
import type { Dataset, DatasetProgress } from './base.ts';
import { drawBlobs, drawPngs, makeTestFolder, withoutPrivileges, writeTree } from './dataset.fixture.ts';
import { scanDataset } from './scan.ts';

const FOUR = ['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png'];

async function folderWith(files: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const folder = await makeTestFolder();
  await writeTree(folder, files);
  return folder;
}

async function scanFiles(files: Readonly<Record<string, Buffer | string>>): Promise<Dataset> {
  return scanDataset(await folderWith(files));
}

function labelsOf(dataset: Dataset): Record<string, string> {
  const entries = dataset.images.map((image) => [
    image.path,
    [dataset.classes[image.label], image.split].filter((part) => part !== null).join(' '),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

async function refusal(scan: Promise<unknown>): Promise<string> {
  const error: unknown = await scan.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidInputError);
  expect((error as InvalidInputError).field).toBe('FOLDER');
  return (error as InvalidInputError).message;
}

describe('class folders', () => {
  test('are classes by sorted name, with all that is known of their images', async () => {
    const dataset = await scanFiles(await drawPngs(['b/2.png', 'b/1.png', 'a/deep/er/x.png', 'a/y.png']));
    expect(dataset.shape).toBe('class-folders');
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(labelsOf(dataset)).toEqual({
      'a/deep/er/x.png': 'a',
      'a/y.png': 'a',
      'b/1.png': 'b',
      'b/2.png': 'b',
    });
    expect(dataset.images.map((image) => image.path)).toEqual([
      'a/deep/er/x.png',
      'a/y.png',
      'b/1.png',
      'b/2.png',
    ]);
    const [first] = dataset.images;
    expect(first).toMatchObject({ width: 48, height: 32, duplicateGroup: 0, split: null });
    expect(first?.sizeBytes).toBe((await readFile(path.join(dataset.folder, 'a/deep/er/x.png'))).length);
    expect(first?.contentHash).toMatch(/^[0-9a-f]{64}$/);
    expect(first?.perceptualHash).toMatch(/^[0-9a-f]{16}$/);
    expect(dataset.unreadable).toEqual([]);
  });

  test('odd and Unicode names are kept as they are', async () => {
    const names = ['Ärger 🙂/ß é.png', 'Ärger 🙂/a#b?c%20.PNG', "it's/1 (2).jpeg", "it's/new\nline.webp"];
    const dataset = await scanFiles(await drawPngs(names));
    expect(dataset.images.map((image) => image.path)).toEqual(names.toSorted());
    expect(dataset.classes).toEqual(["it's", 'Ärger 🙂']);
  });

  test('hidden files, other files and images outside classes are left out', async () => {
    const pictures = await drawPngs([
      ...FOUR,
      'top.png',
      'cat/.hidden.png',
      '.git/x.png',
      '__MACOSX/cat/1.png',
    ]);
    const dataset = await scanFiles({
      ...pictures,
      'cat/notes.txt': 'x',
      'README.md': 'x',
      'cat/.DS_Store': 'x',
    });
    expect(dataset.images.map((image) => image.path)).toEqual(FOUR);
    expect(dataset.unreadable).toEqual([]);
    expect(dataset.warnings).toContain('1 image is left out: outside the class folders.');
  });

  test('empty and tiny classes are warned of', async () => {
    const folder = await folderWith({ ...(await drawPngs(FOUR)), 'broken/1.png': 'no picture' });
    await mkdir(path.join(folder, 'empty'));
    const dataset = await scanDataset(folder);
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(dataset.warnings).toEqual([
      'The class folder "broken" has no readable image and is left out.',
      'The class folder "empty" has no readable image and is left out.',
      'The class "cat" has only 2 images.',
      'The class "dog" has only 2 images.',
    ]);
  });

  test('unreadable files are listed with reasons and counted nowhere', async () => {
    const whole = await drawBlobs(50, 64, 64).png().toBuffer();
    const folder = await folderWith({
      ...(await drawPngs(FOUR)),
      'cat/cut.png': whole.subarray(0, 900),
      'cat/empty.jpg': '',
      'dog/text.gif': 'GIF it is not',
    });
    await mkdir(path.join(folder, 'dog/folder.png'));
    await symlink('nowhere.png', path.join(folder, 'dog/link.png'));
    const dataset = await scanDataset(folder);
    expect(dataset.images).toHaveLength(4);
    expect(dataset.unreadable).toEqual([
      { path: 'cat/cut.png', reason: 'truncated PNG' },
      { path: 'cat/empty.jpg', reason: 'empty file (0 bytes)' },
      { path: 'dog/folder.png', reason: 'a folder, not a file' },
      { path: 'dog/link.png', reason: 'a link to a file that does not exist' },
      { path: 'dog/text.gif', reason: 'not an image, or of a format that is not read' },
    ]);
  });

  test('links are followed, and those that lead in a circle are listed', async () => {
    const folder = await folderWith(await drawPngs(FOUR));
    const outside = await folderWith(await drawPngs(['1.png', '2.png'], 80));
    await symlink(outside, path.join(folder, 'linked'));
    await symlink(folder, path.join(folder, 'cat/around'));
    const dataset = await scanDataset(folder);
    expect(dataset.images.map((image) => image.path)).toEqual([...FOUR, 'linked/1.png', 'linked/2.png']);
    expect(dataset.unreadable).toEqual([{ path: 'cat/around', reason: 'a link to a folder above it' }]);
  });
});

describe('train, validation and test folders', () => {
  test.each(['val', 'valid', 'validation'])('with %s for validation', async (name) => {
    const dataset = await scanFiles(
      await drawPngs(['train/a/1.png', 'train/b/1.png', `${name}/a/1.png`, 'test/b/1.png']),
    );
    expect(dataset.shape).toBe('pre-split');
    expect(labelsOf(dataset)).toEqual({
      'train/a/1.png': 'a train',
      'train/b/1.png': 'b train',
      [`${name}/a/1.png`]: 'a validation',
      'test/b/1.png': 'b test',
    });
  });

  test('duplicates across splits and classes without training images are warned of', async () => {
    const same = await drawBlobs(1).png().toBuffer();
    const files = await drawPngs(['train/a/1.png', 'train/b/1.png', 'val/c/1.png'], 20);
    const dataset = await scanFiles({ ...files, 'train/a/same.png': same, 'test/b/same.png': same });
    expect(dataset.warnings).toEqual(
      expect.arrayContaining([
        'The class "c" has no image in train and cannot be learnt.',
        '1 groups of duplicates lie in more than one of train, validation and test, such as test/b/same.png and train/a/same.png; the scores will look better than they are.',
        '1 groups of duplicates carry different labels, such as test/b/same.png and train/a/same.png (b, a).',
      ]),
    );
  });

  test('a class called train is a class; images without a class folder are left out', async () => {
    const classes = await scanFiles(await drawPngs(['train/1.png', 'bus/1.png']));
    expect([classes.shape, classes.classes]).toEqual(['class-folders', ['bus', 'train']]);
    const mixed = await scanFiles(
      await drawPngs(['train/a/1.png', 'train/b/1.png', 'test/unlabelled.png', 'more/x/1.png']),
    );
    expect([mixed.shape, mixed.images.length]).toEqual(['pre-split', 2]);
    expect(mixed.warnings).toContain('2 images are left out: outside the class folders.');
  });

  test('without class folders they are refused', async () => {
    const message = await refusal(scanFiles(await drawPngs(['train/1.png', 'test/2.png'])));
    expect(message).toMatch(
      /has a train folder without class folders; it has to be train\/<class>\/<image>\.$/,
    );
  });
});

test('exact and near duplicates share a group', async () => {
  const picture = drawBlobs(3, 120, 90);
  const dataset = await scanFiles({
    ...(await drawPngs(['a/1.png', 'b/1.png'], 30)),
    'a/copy.png': await picture.clone().png().toBuffer(),
    'a/copy of copy.png': await picture.clone().png().toBuffer(),
    'b/resized.jpg': await drawBlobs(3, 120, 90).resize(240, 180).jpeg({ quality: 80 }).toBuffer(),
  });
  const groups = Object.fromEntries(dataset.images.map((image) => [image.path, image.duplicateGroup]));
  expect(groups).toEqual({
    'a/1.png': 0,
    'a/copy of copy.png': 1,
    'a/copy.png': 1,
    'b/1.png': 2,
    'b/resized.jpg': 1,
  });
  expect(dataset.warnings).toContain(
    '2 images repeat others, exactly or nearly, in 1 groups, such as a/copy of copy.png and a/copy.png; a group stays in one part of the split.',
  );
});

describe('the fingerprint', () => {
  test('is the same for the same files elsewhere and changes with content, label, name and split', async () => {
    const files = await drawPngs(FOUR);
    const prints = await Promise.all([
      scanFiles(files),
      scanFiles(Object.fromEntries(Object.entries(files).reverse())),
      scanFiles({ ...files, ...(await drawPngs(['cat/1.png'], 99)) }),
      scanFiles({ ...files, 'cat/3.png': await drawBlobs(98).png().toBuffer() }),
      scanFiles(
        Object.fromEntries(
          Object.entries(files).map(([name, content]) => [name.replace('dog', 'pig'), content]),
        ),
      ),
      scanFiles(
        Object.fromEntries(Object.entries(files).map(([name, content]) => [`train/${name}`, content])),
      ),
    ]);
    expect(prints[1]?.fingerprint).toBe(prints[0]?.fingerprint);
    expect(new Set(prints.map((dataset) => dataset.fingerprint)).size).toBe(5);
  });
});

describe('folders that cannot be used', () => {
  test('missing, a file, below a file', async () => {
    const folder = await folderWith({ 'file.txt': 'x' });
    const at = (name: string): string => path.join(folder, name);
    expect(await refusal(scanDataset(at('none')))).toBe(
      `FOLDER ${at('none')} does not exist; it has to be a folder of images.`,
    );
    expect(await refusal(scanDataset(at('file.txt')))).toMatch(
      /is a file; it has to be a folder of images\.$/,
    );
    expect(await refusal(scanDataset(at('file.txt/x')))).toMatch(/lies below a file/);
  });

  test.each([
    ['empty', {}, /is empty; it has to hold a folder for each class, or /],
    ['without images', { 'a/notes.txt': 'x', 'b.csv.bak': 'x' }, /has 2 files but no images \(PNG, JPEG,/],
    [
      'of unreadable images',
      { 'a/1.png': 'x', 'b/1.png': '' },
      /has no image that can be read, such as a\/1\.png: not an image/,
    ],
  ])('%s', async (_name, files, sentence) => {
    expect(await refusal(scanFiles(files))).toMatch(sentence);
  });

  test('empty folders inside, images without classes', async () => {
    const folder = await makeTestFolder();
    await mkdir(path.join(folder, 'cat'));
    expect(await refusal(scanDataset(folder))).toMatch(/has folders but no images in them; it has to hold/);
    expect(await refusal(scanFiles(await drawPngs(['1.png', '2.png'])))).toMatch(
      /has 2 images but nothing that says their classes; it has to hold a folder for each class/,
    );
  });

  test('one class only; one folder too high is pointed out', async () => {
    expect(await refusal(scanFiles(await drawPngs(['cat/1.png', 'cat/2.png'])))).toMatch(
      /has only one class, "cat"; it has to hold images of two classes at least\.$/,
    );
    const high = await folderWith(await drawPngs(['set/cat/1.png', 'set/dog/1.png']));
    expect(await refusal(scanDataset(high))).toMatch(
      `(${path.join(high, 'set')} may be the folder that is meant).`,
    );
  });

  test('without permission', async () => {
    const folder = await folderWith(await drawPngs([...FOUR, 'pig/1.png']));
    await chmod(path.join(folder, 'pig'), 0o000);
    await chmod(path.join(folder, 'dog/2.png'), 0o000);
    const dataset = await withoutPrivileges(folder, () => scanDataset(folder));
    expect(dataset.images).toHaveLength(3);
    expect(dataset.unreadable).toEqual([
      { path: 'dog/2.png', reason: 'permission denied' },
      { path: 'pig', reason: 'permission denied' },
    ]);
    expect(dataset.warnings).toContain('The class folder "pig" has no readable image and is left out.');
    const secret = path.join(folder, 'pig');
    expect(await refusal(withoutPrivileges(folder, () => scanDataset(secret)))).toMatch(
      /may not be read by this user; it has to be a folder that can be read\.$/,
    );
    await chmod(secret, 0o700);
  });
});

test('progress comes in order and ends with everything done', async () => {
  const seen: DatasetProgress[] = [];
  await scanDataset(await folderWith(await drawPngs(FOUR)), {
    onProgress: (progress) => seen.push(progress),
  });
  expect(seen[0]?.phase).toBe('listing');
  expect(seen.at(-1)).toEqual({ phase: 'scanning', done: 4, total: 4 });
  const scanned = seen.filter(({ phase }) => phase === 'scanning').map(({ done }) => done);
  expect(scanned).toEqual(scanned.toSorted((a, b) => a - b));
});

test('a scan can be cancelled before it starts and while it runs', async () => {
  const names = Array.from({ length: 60 }, (_, at) => `${at % 2}/${at}.png`);
  const folder = await folderWith(await drawPngs(names));
  const reason = new Error('stopped by the user');
  await expect(scanDataset(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const indexFolder = await makeTestFolder();
  const scanning = scanDataset(folder, {
    signal: controller.signal,
    indexFolder,
    onProgress: ({ phase }) => {
      if (phase === 'scanning') controller.abort(reason);
    },
  });
  await expect(scanning).rejects.toBe(reason);
  expect(await readdir(indexFolder)).toEqual([]);
});

describe('the scan index', () => {
  const SETTLED = new Date(Date.now() - 60_000);

  async function settledFolder(): Promise<string> {
    const folder = await folderWith(await drawPngs(FOUR));
    for (const name of FOUR) await utimes(path.join(folder, name), SETTLED, SETTLED);
    return folder;
  }

  test('gives the same dataset again, and reads changed files anew', async () => {
    const folder = await settledFolder();
    const indexFolder = await makeTestFolder();
    const first = await scanDataset(folder, { indexFolder });
    expect(await readdir(indexFolder)).toHaveLength(1);
    expect(await scanDataset(folder, { indexFolder })).toEqual(first);
    await writeFile(path.join(folder, 'cat/1.png'), await drawBlobs(70, 20, 20).png().toBuffer());
    const changed = await scanDataset(folder, { indexFolder });
    expect(changed.images[0]).toMatchObject({ width: 20, height: 20 });
    expect(changed).toEqual(await scanDataset(folder));
  });

  test('is what unchanged files are not read for', async () => {
    const folder = await settledFolder();
    const indexFolder = await makeTestFolder();
    const first = await scanDataset(folder, { indexFolder });
    const file = path.join(folder, 'cat/1.png');
    const { length } = await readFile(file);
    await writeFile(file, Buffer.alloc(length));
    await utimes(file, SETTLED, SETTLED);
    expect(await scanDataset(folder, { indexFolder })).toEqual(first);
  });

  test('is passed over when damaged, and a folder that cannot be written costs nothing', async () => {
    const folder = await settledFolder();
    const indexFolder = await makeTestFolder();
    const first = await scanDataset(folder, { indexFolder });
    const [name = ''] = await readdir(indexFolder);
    await writeFile(path.join(indexFolder, name), '{"version":1,"files":[');
    expect(await scanDataset(folder, { indexFolder })).toEqual(first);
    expect(await scanDataset(folder, { indexFolder: path.join(folder, 'cat/1.png/x') })).toEqual(first);
  });

  test('does not trust files that were changed a moment ago', async () => {
    const folder = await folderWith(await drawPngs(FOUR));
    const indexFolder = await makeTestFolder();
    await scanDataset(folder, { indexFolder });
    expect(await readdir(indexFolder)).toEqual([]);
  });
});
