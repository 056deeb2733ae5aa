import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '..');

/** What each file imports; every one of these must be refused. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  'core/base/upwards.ts': '../study/frozen-trial.ts',
  'core/study/concrete.ts': '../samplers/base.ts',
  'core/study/tensor.ts': '@tensorflow/tfjs-core',
  'core/samplers/tpe/database.ts': 'better-sqlite3',
  'core/storage/tensor.ts': '@tensorflow/tfjs-backend-wasm',
  'core/training/program.ts': '../../main/engine/scheduler.ts',
  'main/trainer/sampler.ts': '../../core/samplers/base.ts',
  'main/trainer/engine.ts': '../engine/scheduler.ts',
  'main/engine/database.ts': 'kysely',
  'main/engine/shell.ts': 'electron',
  'main/app/core.ts': '../../core/samplers/base.ts',
  'renderer/node.ts': 'node:fs',
  'renderer/core.ts': '../core/samplers/base.ts',
};

const ALLOWED: Readonly<Record<string, string>> = {
  'core/study/contract.ts': "import type { Value } from '../samplers/base.ts';",
  'core/samplers/tpe/downwards.ts': "import { Value } from '../../study/frozen-trial.ts';",
  'core/training/tensor.ts': "import * as Value from '@tensorflow/tfjs-core';",
  'core/storage/rdb/database.ts': "import Value from 'better-sqlite3';",
  'main/trainer/training.ts': "import { Value } from '../../core/training/protocol.ts';",
  'main/engine/core.ts': "import { Value } from '../../core/samplers/base.ts';",
};

describe('the import rule of the design', () => {
  let folder: string;
  let output: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hone-architecture-'));
    await symlink(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
    for (const file of ['oxlint.config.ts', 'tsconfig.json']) {
      await cp(path.join(repository, file), path.join(folder, file));
    }
    const forbidden = Object.entries(FORBIDDEN).map(([file, from]) => [
      file,
      `import { Value } from '${from}';`,
    ]);
    for (const [file, line] of [...forbidden, ...Object.entries(ALLOWED)] as Array<[string, string]>) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      const use = line.startsWith('import type')
        ? 'export type T = Value;'
        : 'export const v: unknown = Value;';
      await writeFile(path.join(folder, file), `${line}\n${use}\n`);
    }
    const oxlint = path.join(repository, 'node_modules/.bin/oxlint');
    output = await run(oxlint, ['--format', 'unix', 'core', 'main', 'renderer'], { cwd: folder }).then(
      (result) => result.stdout,
      (error: { stdout: string }) => error.stdout,
    );
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const refused = (file: string) =>
    output.split('\n').some((line) => line.startsWith(`${file}:1`) && line.includes('no-restricted-imports'));

  it.each(Object.keys(FORBIDDEN))('refuses %s', (file) => {
    expect(refused(file)).toBe(true);
  });

  it.each(Object.keys(ALLOWED))('allows %s', (file) => {
    expect(refused(file)).toBe(false);
  });
});
