import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HONE, type Started, startCommand } from './hone-process.ts';
import { readTrials } from './read-trials.ts';
import { makeWorkplace, type Workplace } from './workplace.ts';

/** Of util-linux: runs a command on a terminal of its own and copies it to standard output. */
const SCRIPT = '/usr/bin/script';
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

let place: Workplace;

beforeAll(async () => {
  place = await makeWorkplace();
});

afterAll(async () => {
  await place.remove();
});

/** Start `hone tune` on a terminal; what it shows comes as standard output, what is written to it is typed. */
function tuneOnTerminal(
  columns: number,
  study: string,
  environment: Readonly<Record<string, string>>,
): Started {
  const size = '--trials 3 --epochs 4 --jobs 1 --seed 5 --pruner none';
  const storage = place.file(`${study}.db`);
  const tune = `'${process.execPath}' '${HONE}' tune '${place.images}' --study ${study} --storage '${storage}' ${size}`;
  const env = {
    ...place.scriptedEnv({ stepMs: 15, stepsPerEpoch: 6 }),
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
  };
  return startCommand(SCRIPT, ['-qec', `stty cols ${columns} rows 24; ${tune}`, '/dev/null'], {
    env: { ...env, ...environment },
  });
}

it.skipIf(!existsSync(SCRIPT)).each([80, 50])('draws bars on a terminal of %d columns', async (columns) => {
  const { exitCode, stdout } = await tuneOnTerminal(columns, `wide-${columns}`, { FORCE_COLOR: '1' }).ended;
  expect(exitCode).toBe(0);
  const shown = stripVTControlCharacters(stdout).split(/\r?\n/);
  expect(shown.some((row) => /^Trial 1 +━*╸?─* {2}epoch 3\/4 {2}value 0\.\d{4}/.test(row))).toBe(true);
  expect(shown.some((row) => /^Study +━+╸?─* {2}1\/3 trials/.test(row))).toBe(true);
  expect(shown.some((row) => row.startsWith('Trial 2 complete: '))).toBe(true);
  const progress = shown.slice(0, shown.indexOf('Study statistics:'));
  for (const row of progress) expect(row.length).toBeLessThanOrEqual(columns);
  expect(stdout).toContain('\u001B[36m');
  expectCursorShown(stdout);
  // The end: no bar is left, only the statistics.
  expect(shown.slice(shown.indexOf('Study statistics:')).join('\n')).toMatch(
    /^Study statistics:\n( {2}Number.*\n){3}Best trial: \d\n {2}Value: .*\n {2}Params:\n( {4}.*\n){3}Test part: .*\n$/,
  );
});

it.skipIf(!existsSync(SCRIPT))('does without colours where NO_COLOR asks for it', async () => {
  const { stdout } = await tuneOnTerminal(80, 'plain', { NO_COLOR: '1' }).ended;
  expect(stdout).toContain('━');
  for (const colour of ['2m', '32m', '36m']) expect(stdout).not.toContain(`\u001B[${colour}`);
});

it.skipIf(!existsSync(SCRIPT))('stops on Ctrl-C and leaves the terminal as it was', async () => {
  const run = tuneOnTerminal(80, 'stopped', {});
  await new Promise<void>((resolve) => {
    let shown = '';
    run.child.stdout?.on('data', (part: Buffer) => {
      shown += part.toString();
      if (/epoch 2\/4/.test(shown)) resolve();
    });
  });
  run.child.stdin?.write('\u0003');
  const { exitCode, stdout } = await run.ended;
  expect(exitCode).toBe(130);
  const shown = stripVTControlCharacters(stdout);
  expect(shown).toContain('Stopping at the next batch; press Ctrl-C again to stop at once.');
  expect(shown).toMatch(/Interrupted; the same command carries the study on\.\r\n$/);
  expectCursorShown(stdout);
  expect((await readTrials(place.file('stopped.db'))).at(-1)?.state).toBe('WAITING');
});

function expectCursorShown(output: string): void {
  expect(output).toContain(HIDE_CURSOR);
  expect(output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(output.lastIndexOf(HIDE_CURSOR));
}
