import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseSearchSpace } from '../core/search-space/parse-search-space.ts';
import { checkTrainingSpace } from '../core/training/training-space.ts';

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '..');

/** The first code block of a language in the README. */
async function codeBlock(language: string): Promise<string> {
  const text = await readFile(path.join(repository, 'README.md'), 'utf8');
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(text)?.[1];
  if (block === undefined) throw new Error(`The README has no ${language} block.`);
  return block;
}

describe('the README', () => {
  it('has a TypeScript example that finds the minimum', async () => {
    const library = pathToFileURL(path.join(repository, 'core/index.ts')).href;
    const example = (await codeBlock('ts')).replace('./core/index.ts', library);
    const folder = await mkdtemp(path.join(tmpdir(), 'hone-readme-'));
    try {
      const file = path.join(folder, 'example.ts');
      await writeFile(file, example);
      const { stdout } = await run(process.execPath, [file]);
      const x = Number(/x: (-?[\d.]+)/.exec(stdout)?.[1]);
      expect(Math.abs(x - 2)).toBeLessThan(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has a search space that tune takes', async () => {
    const space = parseSearchSpace(JSON.parse(await codeBlock('json')));
    expect(() => checkTrainingSpace(space, {})).not.toThrow();
    expect(space.map(({ name }) => name)).toEqual(['optimizer', 'lr', 'momentum', 'width']);
  });

  it('names scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile(path.join(repository, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(await codeBlock('sh')).toMatch(/^npm ci && npm run demo .*\nnpm ci && npm test /);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test', 'bench', 'conformance']));
  });
});
