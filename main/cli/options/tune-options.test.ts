import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../core/base/errors.ts';
import { readTuneRequest, TUNE_DEFAULTS, type TuneOptions } from './tune-options.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hone-options-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function messageOf(options: Partial<TuneOptions>): Promise<string> {
  try {
    await readTuneRequest('pictures', { ...TUNE_DEFAULTS, ...options });
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  return 'accepted';
}

async function spaceMessage(text: string): Promise<string> {
  const file = path.join(folder, 'space.json');
  await writeFile(file, text);
  return messageOf({ space: file });
}

describe('readTuneRequest', () => {
  it("takes the original article's settings where nothing is typed", async () => {
    const request = await readTuneRequest('some/pictures/', { ...TUNE_DEFAULTS });
    expect(request).toMatchObject({
      studyName: 'pictures',
      datasetFolder: path.resolve('some/pictures'),
      sampler: { name: 'tpe', options: {} },
      pruner: { name: 'median', options: {} },
      objective: 'precision + recall',
      direction: 'maximize',
      nTrials: 100,
      epochs: 20,
      timeoutS: null,
      jobs: null,
      seed: null,
      fixed: { model: 'cnn' },
      split: [0.7, 0.15, 0.15],
      space: [
        { name: 'batch_size', type: 'categorical', choices: [1, 2, 4, 8, 16, 32, 64, 128] },
        { name: 'optimizer', type: 'categorical', choices: ['AdamW', 'SGD', 'Adam'] },
        { name: 'lr', type: 'float', low: 1e-5, high: 1e-2, log: true },
      ],
    });
    expect(path.basename(request.storageFile)).toBe('library.db');
  });

  it('takes every option', async () => {
    const options = {
      storage: 'a/b.db',
      study: 'x',
      timeout: '60',
      jobs: '2',
      seed: '0',
      imageSize: '40x80',
    };
    const request = await readTuneRequest('f', { ...TUNE_DEFAULTS, ...options, pruner: 'percentile' });
    expect(request).toMatchObject({
      storageFile: path.resolve('a/b.db'),
      studyName: 'x',
      timeoutS: 60,
      jobs: 2,
      seed: 0,
      fixed: { model: 'cnn', image_size: '40x80' },
      pruner: { name: 'percentile', options: { percentile: 25 } },
    });
  });

  it.each([
    ['trials', '0', '--trials is "0", but must be a whole number from 1 to 1000000.'],
    ['trials', '-3', '--trials is "-3", but must be a whole number from 1 to 1000000.'],
    ['epochs', '1.5', '--epochs is "1.5", but must be a whole number from 1 to 10000.'],
    ['epochs', '1e9', '--epochs is "1e9", but must be a whole number from 1 to 10000.'],
    ['epochs', '1000000000', '--epochs is "1000000000", but must be a whole number from 1 to 10000.'],
    ['jobs', 'NaN', '--jobs is "NaN", but must be a whole number from 1 to 256.'],
    ['seed', '4294967296', '--seed is "4294967296", but must be a whole number from 0 to 4294967295.'],
    ['timeout', '0', '--timeout is "0", but must be a whole number of seconds from 1 to 31536000.'],
    ['sampler', 'grid', '--sampler is "grid", but must be one of tpe, random.'],
    ['pruner', 'hyperband', '--pruner is "hyperband", but must be one of median, percentile, none.'],
    ['direction', 'max', '--direction is "max", but must be one of maximize, minimize.'],
    ['model', 'resnet', '--model is "resnet", but must be one of cnn, mobilenet_v3_small.'],
    ['study', ' ', '--study is " ", but must be a name of 1 to 512 characters.'],
    ['storage', '', '--storage is empty, but must be the path of a database file.'],
  ] as const)('refuses --%s %s', async (option, value, message) => {
    expect(await messageOf({ [option]: value })).toBe(message);
  });

  it.each(['0x0', '40', 'abc', '40x', '40X80', '5000x40'])('refuses --image-size %s', async (imageSize) => {
    expect(await messageOf({ imageSize })).toBe(
      `--image-size is "${imageSize}", but must be HEIGHTxWIDTH with both from 8 to 1024, such as 40x80.`,
    );
  });

  it.each([
    ['70/30', 'three numbers are needed, not 2'],
    ['70/15/10', 'they must add up to 100, not 95'],
    ['70/15/x', 'each must be a number from 0 to 100'],
    ['70/40/-10', 'each must be a number from 0 to 100'],
    ['100/0/0', 'train and validation must be above 0'],
  ])('refuses --split %s', async (split, fault) => {
    expect(await messageOf({ split })).toBe(
      `--split is "${split}", but must be the percentages of train, validation and test such as 70/15/15: ${fault}.`,
    );
  });

  it.each(['33.3/33.3/33.4', '80/20/0'])('accepts --split %s', async (split) => {
    expect(await messageOf({ split })).toBe('accepted');
  });

  it('refuses an empty folder name', async () => {
    await expect(readTuneRequest('', { ...TUNE_DEFAULTS })).rejects.toThrow('FOLDER is empty, but must be');
  });

  it('refuses a URL as storage', async () => {
    expect(await messageOf({ storage: 'sqlite:///a.db' })).toBe(
      '--storage is "sqlite:///a.db", but must be the path of a database file such as study.db, not a URL.',
    );
  });

  it('refuses an objective with an unknown metric', async () => {
    expect(await messageOf({ objective: 'precision + speed' })).toMatch(
      /^--objective is "precision \+ speed", but speed is not a metric: use accuracy, precision, /,
    );
  });
});

describe('--space', () => {
  it('must be a file that can be read', async () => {
    expect(await messageOf({ space: '/nowhere.json' })).toBe(
      '--space is "/nowhere.json", but this file does not exist.',
    );
    expect(await messageOf({ space: folder })).toBe(`--space is "${folder}", but this file is a folder.`);
  });

  it.each([
    ['{lr}', /^space is not valid JSON, line 1, column 2/],
    ['{}', /^space is an object, but it must be a list of parameters/],
    ['[]', /^--space is .*space.json, but this file varies nothing; name a parameter\.$/],
    ['[{"name":"lr","type":"float","low":1,"high":0.1}]', /^space: lr\.low/],
    ['[{"name":"lr","type":"float","low":0,"high":0.1,"log":true}]', /^space: lr\.low/],
    [
      '[{"name":"speed","type":"float","low":0,"high":1}]',
      /^space: speed is a parameter which training does not know; use /,
    ],
    [
      '[{"name":"momentum","type":"float","low":0,"high":0.9,"when":{"param":"optimizer","in":["SGD"]}},{"name":"optimizer","type":"categorical","choices":["SGD"]}]',
      /^space: momentum\.when names the parameter 'optimizer', but only a parameter that stands before momentum/,
    ],
  ])('refuses %s', async (text, message) => {
    expect(await spaceMessage(text)).toMatch(message);
  });

  it('may vary the model unless an option fixes it', async () => {
    const file = path.join(folder, 'model.json');
    await writeFile(file, '[{"name":"model","type":"categorical","choices":["cnn","mobilenet_v3_small"]}]');
    const { fixed } = await readTuneRequest('f', { ...TUNE_DEFAULTS, space: file });
    expect(fixed).toEqual({});
    expect(await messageOf({ space: file, model: 'cnn' })).toMatch(
      /^model is fixed to "cnn", but the space varies/,
    );
  });
});
