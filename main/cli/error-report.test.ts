import { describe, expect, it } from 'vitest';
import { HoneError, InvalidInputError, NotFoundError, StorageError } from '../../core/base/errors.ts';
import { reportError } from './error-report.ts';
import { createProgram } from './program.ts';

async function reportOf(...args: string[]) {
  try {
    const program = createProgram(() => {});
    program.configureOutput({ writeOut() {}, writeErr() {} });
    for (const command of program.commands) command.configureOutput({ writeOut() {}, writeErr() {} });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    return reportError(error);
  }
  throw new Error('no error');
}

describe('reportError', () => {
  it.each([
    [['tune', 'f', '--trails', '3'], "unknown option '--trails', did you mean --trials?"],
    [['tune', 'f', '--wings'], "unknown option '--wings'; see hone --help."],
    [['tuen', 'f'], "unknown command 'tuen', did you mean tune?"],
    [['fly'], "unknown command 'fly'; see hone --help."],
    [['help', 'fly'], "unknown command 'fly'; see hone --help."],
    [['help', 'tuen'], "unknown command 'tuen', did you mean tune?"],
    [['tune'], "missing required argument 'folder'; see hone --help."],
    [
      ['tune', 'a', 'b'],
      "too many arguments for 'tune', expected 1 argument but got 2: a, b; see hone --help.",
    ],
    [['tune', 'f', '--trials'], "option '--trials <n>' argument missing; see hone --help."],
  ])('says in one sentence what is wrong with %j', async (args, message) => {
    expect(await reportOf(...args)).toEqual({ message, exitCode: 2 });
  });

  it.each([
    [['--help'], 0],
    [['help', 'tune'], 0],
    [['--version'], 0],
    [[], 2],
  ])('leaves help and version alone: %j', async (args, exitCode) => {
    expect(await reportOf(...args)).toEqual({ message: null, exitCode });
  });

  it.each([
    [new InvalidInputError('--trials', 'a\nb'), 'a b', 2],
    [new NotFoundError('no file'), 'no file', 2],
    [new InvalidInputError('storage', 'a.db is no database'), '--storage: a.db is no database', 2],
    [new InvalidInputError('storage', 'storage is a.db'), 'storage is a.db', 2],
    [new StorageError('not-a-database', 'no database'), '--storage: no database', 2],
    [new StorageError('locked', 'locked'), '--storage: locked', 1],
    [new HoneError('other', 'other'), 'other', 1],
  ])('tells %o', (error, message, exitCode) => {
    expect(reportError(error)).toEqual({ message, exitCode });
  });

  it('asks to report a defect', () => {
    const report = reportError(new TypeError('x is not a function'));
    expect(report.exitCode).toBe(1);
    expect(report.message).toMatch(/^a defect in Hone, please report it: TypeError: x is not a function\n/);
  });
});
