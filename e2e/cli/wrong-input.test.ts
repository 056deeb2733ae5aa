import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canHavePermissions, canMountInNamespace, withPermissions } from '../fixtures/system-permissions.ts';
import { HONE, refusalOf, runHone, startCommand, succeeded } from './hone-process.ts';
import { makeWorkplace, type Workplace } from './workplace.ts';

let place: Workplace;

beforeAll(async () => {
  place = await makeWorkplace();
});

afterAll(async () => {
  await place.remove();
});

/** A folder with the first images of some classes of the sample: `{ balloon: 6 }`. */
async function makeFolder(name: string, imagesByClass: readonly number[]): Promise<string> {
  const folder = place.file(name);
  const classes = (await readdir(place.images, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  await mkdir(folder);
  for (const [index, count] of imagesByClass.entries()) {
    const from = path.join(place.images, classes[index]?.name ?? '');
    const to = path.join(folder, `class-${index}`);
    await mkdir(to);
    for (const file of (await readdir(from)).slice(0, count))
      await cp(path.join(from, file), path.join(to, file));
  }
  return folder;
}

async function makeTable(name: string, content: string): Promise<string> {
  const folder = await makeFolder(name, []);
  const [first = ''] = await readdir(place.images);
  const [image = ''] = await readdir(path.join(place.images, first));
  await cp(path.join(place.images, first, image), path.join(folder, 'a.png'));
  await writeFile(path.join(folder, 'labels.csv'), content);
  return folder;
}

async function makeFile(name: string, content: string): Promise<string> {
  await writeFile(place.file(name), content);
  return place.file(name);
}

describe.concurrent('hone tune refuses', () => {
  const options: ReadonlyArray<readonly [string[], RegExp]> = [
    [['--trials', '0'], /--trials is "0", but must be a whole number from 1/],
    [['--epochs', '1000000000'], /--epochs is "1000000000"/],
    [['--split', '70/20/20'], /--split is "70\/20\/20".* add up to 100, not 110/],
    [['--image-size', '0x0'], /--image-size is "0x0"/],
    [['--objective', 'speed'], /--objective is "speed", but speed is not a metric: use accuracy, /],
    [['--trails', '3'], /unknown option '--trails', did you mean --trials\?/],
    [['--space', '/nowhere/space.json'], /--space is "\/nowhere\/space\.json", but this file does not exist/],
  ];
  it.each(options)('%j', async (args, message) => {
    const storage = place.file(`${args.join('').replaceAll('/', '_')}.db`);
    const ended = await runHone(['tune', place.images, '--storage', storage, ...args], { env: place.env });
    expect(refusalOf(ended)).toMatch(message);
    expect(existsSync(storage)).toBe(false);
  });

  const spaces: ReadonlyArray<readonly [string, string, RegExp]> = [
    ['low above high', '[{"name":"lr","type":"float","low":1,"high":0.1}]', /space: lr\.low is 1/],
    ['log with low 0', '[{"name":"lr","type":"float","low":0,"high":1,"log":true}]', /space: lr\.low is 0/],
    ['an unknown name', '[{"name":"wings","type":"int","low":1,"high":2}]', /wings/],
    [
      'a condition on a later parameter',
      '[{"name":"momentum","type":"float","low":0,"high":0.9,"when":{"param":"optimizer","in":["SGD"]}},{"name":"optimizer","type":"categorical","choices":["SGD"]}]',
      /space: momentum\.when names the parameter 'optimizer'/,
    ],
    ['no JSON', '{name: lr}', /space is not valid JSON, line 1, column 2/],
  ];
  it.each(spaces)('a space with %s', async (name, text, message) => {
    const space = await makeFile(`${name}.json`, text);
    const storage = place.file(`${name}.db`);
    const ended = await runHone(['tune', place.images, '--storage', storage, '--space', space], {
      env: place.env,
    });
    expect(refusalOf(ended)).toMatch(message);
    expect(existsSync(storage)).toBe(false);
  });

  const folders: ReadonlyArray<readonly [string, () => Promise<string>, RegExp]> = [
    ['that is missing', async () => place.file('missing'), /missing/],
    ['that is empty', async () => makeFolder('empty', []), /empty/],
    ['that is a file', async () => makeFile('file.txt', 'text'), /file\.txt/],
    ['with one class only', async () => makeFolder('one-class', [6]), /class/],
    ['with too few images for the split', async () => makeFolder('few', [1, 1]), /image/],
    ['whose table lacks the columns', async () => makeTable('table', 'picture;kind\na.png;cat\n'), /column/],
  ];
  it.each(folders)('a folder %s', async (_name, make, message) => {
    const folder = await make();
    const storage = `${folder}.db`;
    const ended = await runHone(['tune', folder, '--storage', storage], { env: place.env });
    expect(refusalOf(ended)).toMatch(message);
    expect(existsSync(storage)).toBe(false);
  });

  const storages: ReadonlyArray<readonly [string, () => Promise<string>, RegExp]> = [
    [
      'that is no database',
      async () => makeFile('text.db', 'not a database, but long enough to look at'),
      /text\.db/,
    ],
    ['that is a folder', async () => makeFolder('folder.db', []), /folder/],
    ['in a folder that does not exist', async () => place.file('no/such/study.db'), /no folder/],
    ['of an unknown version', async () => makeFutureDatabase('future.db'), /version|v9/],
  ];
  it.each(storages)('a storage %s', async (_name, make, message) => {
    const storage = await make();
    const before = await contentOf(storage);
    const ended = await runHone(['tune', place.images, '--storage', storage], { env: place.env });
    expect(refusalOf(ended)).toMatch(message);
    expect(await contentOf(storage)).toEqual(before);
  });
});

describe('hone tune refuses a disk', () => {
  it.runIf(canHavePermissions)('where nothing may be written', async () => {
    const folder = await makeFolder('read-only', []);
    await chmod(folder, 0o555);
    const args = ['tune', place.images, '--storage', path.join(folder, 'study.db')];
    const tune = startCommand(...withPermissions(process.execPath, [HONE, ...args]), { env: place.env });
    expect(refusalOf(await tune.ended)).toMatch(/read-only/);
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(canMountInNamespace)('without space', async () => {
    const folder = await makeFolder('full', []);
    const mountAndTune = 'mount -t tmpfs -o size=200k none "$1" && shift && exec "$@"';
    const tune = [process.execPath, HONE, 'tune', place.images, '--storage', path.join(folder, 'study.db')];
    const ended = startCommand('unshare', ['-rm', 'sh', '-c', mountAndTune, 'sh', folder, ...tune], {
      env: place.env,
    });
    expect(refusalOf(await ended.ended)).toMatch(/The disk of .*\/full has 0\.2 MB free, but /);
  });
});

describe('hone tune refuses to carry on', () => {
  it('a study with another space, direction or folder', async () => {
    const storage = place.file('carry-on.db');
    const env = place.scriptedEnv();
    const tune = [
      'tune',
      place.images,
      '--storage',
      storage,
      '--study',
      's',
      '--trials',
      '1',
      '--epochs',
      '1',
    ];
    succeeded(await runHone(tune, { env }));
    const space = await makeFile('other-space.json', '[{"name":"lr","type":"float","low":0.1,"high":0.2}]');
    const before = await contentOf(storage);
    expect(refusalOf(await runHone([...tune, '--space', space], { env }))).toMatch(
      /Study 's' exists with space/,
    );
    expect(refusalOf(await runHone([...tune, '--direction', 'minimize'], { env }))).toMatch(
      /Study 's' exists with direction/,
    );
    expect(refusalOf(await runHone([...tune, '--image-size', '8x8'], { env }))).toMatch(
      /Study 's' exists with image_size 40x80, but 8x8 was asked for/,
    );
    const folder = await makeFolder('other', [6, 6]);
    expect(refusalOf(await runHone(['tune', folder, ...tune.slice(2)], { env }))).toMatch(/other images/);
    expect(await contentOf(storage)).toEqual(before);
  });
});

describe.concurrent('readers refuse', () => {
  it('a missing library, and say what makes one', async () => {
    const ended = await runHone(['studies'], { env: { XDG_DATA_HOME: place.file('nobody') } });
    expect(refusalOf(ended)).toMatch(
      /library\.db, but there is no such file; hone tune makes it with its first study\./,
    );
  });

  it.each(['studies', 'trials', 'best'])('%s: a file that is no database', async (command) => {
    const file = await makeFile(`${command}.db`, 'not a database, but long enough to look at');
    expect(refusalOf(await runHone([command, '--storage', file], { env: place.env }))).toMatch(
      /not an SQLite database/,
    );
  });

  it('an unknown command', async () => {
    expect(refusalOf(await runHone(['tuen', 'x']))).toMatch(/unknown command 'tuen', did you mean tune\?/);
  });
});

/** An Optuna database of a version that does not exist yet. */
async function makeFutureDatabase(name: string): Promise<string> {
  const file = place.file(name);
  const database = new Database(file);
  database.exec(`CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
    INSERT INTO alembic_version VALUES ('v9.9.9.a');
    CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512));`);
  database.close();
  return file;
}

async function contentOf(file: string): Promise<Buffer | null> {
  return readFile(file).catch(() => null);
}
