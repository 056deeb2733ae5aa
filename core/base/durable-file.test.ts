import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileDurably } from './durable-file.ts';

describe('writeFileDurably', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hone-durable-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('replaces a file by its parts, and leaves nothing beside it', () => {
    const file = join(folder, 'state');
    writeFileSync(file, 'old and longer');
    writeFileDurably(file, [Buffer.from('new'), Buffer.alloc(0), Buffer.from(' state')]);
    expect(readFileSync(file, 'utf8')).toBe('new state');
    expect(readdirSync(folder)).toEqual(['state']);
  });

  test.skipIf(process.platform !== 'linux')('leaves the old file where the disk is full', () => {
    const file = join(folder, 'state');
    writeFileSync(file, 'old');
    symlinkSync('/dev/full', `${file}.new`);
    expect(() => {
      writeFileDurably(file, [Buffer.from('new')]);
    }).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['state']);
  });
});
