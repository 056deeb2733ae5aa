import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { HONE, startCommand } from './hone-process.ts';

/** A Node before 24 on this machine, or null. */
function findOldNode(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const node of new Set(folders.map((folder) => join(folder, 'node')))) {
    if (!existsSync(node)) continue;
    const major = /^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1];
    if (major !== undefined && Number(major) < 24) return node;
  }
  return null;
}

const oldNode = findOldNode();

it.skipIf(oldNode === null)('says which Node is needed where an older one runs', async () => {
  const { exitCode, stdout, stderr } = await startCommand(oldNode ?? '', [HONE, 'studies']).ended;
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /^hone: Node 24 or newer is needed, but this is Node \d+\.\d+\.\d+; npm ci brings a newer one .*npx hone uses it\.\n$/,
  );
});
