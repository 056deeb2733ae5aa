import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startCommand, succeeded } from './hone-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('npx finds hone in the checkout once it is prepared, and needs no network for it', async () => {
  execFileSync(process.execPath, ['main/cli/link-command.ts'], { cwd: ROOT });
  const { stdout } = succeeded(
    await startCommand('npx', ['--offline', 'hone', '--version'], {
      cwd: `${ROOT}core`,
      env: { npm_config_cache: '/nowhere' },
    }).ended,
  );
  expect(stdout).toBe(`${packageJson.version}\n`);
});
