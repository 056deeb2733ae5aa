/**
 * Puts the command `hone` among those of the checkout, so that `npx hone` finds it: part of `npm run prepare`.
 *
 * npm links the commands of dependencies only. With a `bin` of its own in package.json, npx would install the
 * checkout into its cache first, which fails for good where somebody interrupts it.
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const COMMANDS_FOLDER = join(import.meta.dirname, '../../node_modules/.bin');
const target = relative(COMMANDS_FOLDER, join(import.meta.dirname, 'hone.mjs'));

mkdirSync(COMMANDS_FOLDER, { recursive: true });
if (process.platform === 'win32') {
  writeFileSync(join(COMMANDS_FOLDER, 'hone.cmd'), `@node "%~dp0\\${target}" %*\r\n`);
} else {
  const link = join(COMMANDS_FOLDER, 'hone');
  rmSync(link, { force: true });
  symlinkSync(target, link);
}
