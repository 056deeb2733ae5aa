import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from './base.ts';
import { drawPngs, makeTestFolder, withoutPrivileges, writeTree } from './dataset.fixture.ts';
import { scanDataset } from './scan.ts';

const IMAGES = ['images/1.png', 'images/2.png', 'images/3.png', 'images/4.png'];

async function folderWith(tables: Readonly<Record<string, string>>, images = IMAGES): Promise<string> {
  const folder = await makeTestFolder();
  await writeTree(folder, { ...(await drawPngs(images)), ...tables });
  return folder;
}

async function scanTable(table: string, images = IMAGES): Promise<Dataset> {
  return scanDataset(await folderWith({ 'labels.csv': table }, images));
}

function rowsOf(dataset: Dataset): string[] {
  return dataset.images.map(({ path: file, label, split }) => `${file} ${dataset.classes[label]} ${split}`);
}

const PLAIN = 'image,label\nimages/1.png,cat\nimages/2.png,dog\nimages/3.png,cat\nimages/4.png,dog\n';

describe('labels come from a table', () => {
  const expected = [
    'images/1.png cat null',
    'images/2.png dog null',
    'images/3.png cat null',
    'images/4.png dog null',
  ];

  test.each([
    ['plain', PLAIN],
    ['with a byte order mark and CRLF', `\ufeff${PLAIN.replaceAll('\n', '\r\n')}`],
    ['with semicolons', PLAIN.replaceAll(',', ';')],
    ['with tabs', PLAIN.replaceAll(',', '\t')],
    [
      'with other names, case and order of columns',
      'id,Class,File Name\n1,cat,images/1.png\n2,dog,images\\2.png\n3,cat,./images/3.png\n4,dog,"images/4.png"\n',
    ],
    ['with empty lines and spaces', PLAIN.replaceAll('\n', '\n\n').replaceAll(',', ' , ')],
    ['without a last line end, a row twice', `${PLAIN}images/1.png,cat`],
  ])('%s', async (_name, table) => {
    const dataset = await scanTable(table);
    expect(dataset.shape).toBe('table');
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(rowsOf(dataset)).toEqual(expected);
    expect(dataset.unreadable).toEqual([]);
  });

  test('with a split column, empty in some rows', async () => {
    const dataset = await scanTable(
      'path,label,split\nimages/1.png,a,train\nimages/2.png,b,VAL\nimages/3.png,a,test\nimages/4.png,b,\n',
    );
    expect(rowsOf(dataset)).toEqual([
      'images/1.png a train',
      'images/2.png b validation',
      'images/3.png a test',
      'images/4.png b null',
    ]);
  });

  test('of several tables named after the splits', async () => {
    const folder = await folderWith({
      'train.csv': 'image,label\nimages/1.png,a\nimages/2.png,b\n',
      'val.csv': 'image,label\nimages/3.png,a\n',
    });
    const dataset = await scanDataset(folder);
    expect(rowsOf(dataset)).toEqual([
      'images/1.png a train',
      'images/2.png b train',
      'images/3.png a validation',
    ]);
    expect(dataset.warnings).toContain('1 image is left out: it is not named in train.csv, val.csv.');
  });

  test('and a table without labels beside class folders is left out', async () => {
    const dataset = await scanTable('image,score\na/1.png,3\n', ['a/1.png', 'b/1.png']);
    expect(dataset.shape).toBe('class-folders');
    expect(dataset.warnings).toContain(
      'The table labels.csv has no image and label columns and is left out.',
    );
  });
});

test('rows that cannot be used are listed with their reasons', async () => {
  const dataset = await scanTable(
    `${PLAIN}images/none.png,cat\n,dog\n../outside.png,cat\n/etc/x.png,cat\nimages/5.png,\nimages/4.png,cat\n`,
    [...IMAGES, 'images/5.png'],
  );
  expect(dataset.images).toHaveLength(3);
  expect(dataset.unreadable).toEqual([
    { path: '../outside.png', reason: 'row 8 of labels.csv names an image outside the folder' },
    { path: '/etc/x.png', reason: 'row 9 of labels.csv names an image outside the folder' },
    {
      path: 'images/4.png',
      reason: 'named twice with different labels or splits, again in row 11 of labels.csv',
    },
    { path: 'images/5.png', reason: 'no label in row 10 of labels.csv' },
    { path: 'images/none.png', reason: 'named in row 6 of labels.csv, but there is no such image' },
    { path: 'row 7 of labels.csv', reason: 'row 7 of labels.csv names no image' },
  ]);
});

describe('tables that cannot be used', () => {
  test.each([
    [
      'without an image column',
      'name,label\nx,y\n',
      /labels\.csv has no image column \(image, file, .*\); its columns are name, label\.$/,
    ],
    [
      'without a label column',
      'image;value\nx;y\n',
      /labels\.csv has no label column \(label, class, .*\); its columns are image, value\.$/,
    ],
    ['with neither', 'a,b\n', /has no image column .* and no label column .*; its columns are a, b\.$/],
    ['empty', '', /has no image column .* and no label column .*; it is empty\.$/],
    [
      'with an unknown split',
      PLAIN.replaceAll(/(label|cat|dog)$/gm, '$1,fold').replace('label,fold', 'label,split'),
      /row 2 of labels\.csv has the split "fold"; allowed are train, val, valid, validation, test or nothing\.$/,
    ],
    [
      'with an open quote',
      'image,label\n"images/1.png,cat\n',
      /labels\.csv is not a well-formed CSV table: /,
    ],
    [
      'with a header only',
      'image,label\n',
      /: labels\.csv has no row below its header; each row has to name/,
    ],
    ['with one class', 'image,label\nimages/1.png,cat\nimages/2.png,cat\n', /has only one class, "cat"/],
    [
      'that name nothing that is there',
      'image,label\n1.png,cat\n2.png,dog\n',
      /no image that can be read, such as 1\.png: named in row 2 of labels\.csv, but there is no such image/,
    ],
  ])('%s', async (_name, table, sentence) => {
    await expect(scanTable(table)).rejects.toMatchObject({
      field: 'FOLDER',
      message: expect.stringMatching(sentence) as string,
    });
  });

  test('several without telling names', async () => {
    const folder = await folderWith({ 'a.csv': PLAIN, 'b.csv': PLAIN });
    await expect(scanDataset(folder)).rejects.toThrow(
      /has 2 tables with image and label columns \(a\.csv, b\.csv\)/,
    );
  });

  test('without permission', async () => {
    const folder = await folderWith({ 'labels.csv': PLAIN });
    await chmod(path.join(folder, 'labels.csv'), 0o000);
    const scanning = withoutPrivileges(folder, () => scanDataset(folder));
    await expect(scanning).rejects.toThrow(/labels\.csv may not be read by this user\.$/);
  });
});
