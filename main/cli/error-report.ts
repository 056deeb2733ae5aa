import { CommanderError } from 'commander';
import { HoneError, InvalidInputError, NotFoundError, StorageError } from '../../core/base/errors.ts';
import { EXIT_CODE, type ExitCode } from './exit-code.ts';

/** What an error means to the person at the keyboard. */
export interface ErrorReport {
  /** One line, or null where everything was said already (help, version). */
  readonly message: string | null;
  readonly exitCode: ExitCode;
}

/** Commander's codes for what is no error: `--help`, `--version` and `hone help`. */
const ANSWERED = new Set(['commander.helpDisplayed', 'commander.version', 'commander.help']);

/** How an error is told, and how the process ends after it. */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof CommanderError) return reportCommanderError(error);
  if (error instanceof InvalidInputError) {
    return { message: namingStorage(error), exitCode: EXIT_CODE.wrongInput };
  }
  if (error instanceof NotFoundError) {
    return { message: inOneLine(error.message), exitCode: EXIT_CODE.wrongInput };
  }
  if (error instanceof StorageError) {
    // A lock is nobody's mistake; every other failure to open names a file that cannot be used.
    const exitCode = error.reason === 'locked' ? EXIT_CODE.failed : EXIT_CODE.wrongInput;
    return { message: `--storage: ${inOneLine(error.message)}`, exitCode };
  }
  if (error instanceof HoneError) return { message: inOneLine(error.message), exitCode: EXIT_CODE.failed };
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `a defect in Hone, please report it: ${details}`, exitCode: EXIT_CODE.failed };
}

function reportCommanderError(error: CommanderError): ErrorReport {
  if (ANSWERED.has(error.code)) {
    return { message: null, exitCode: error.exitCode === 0 ? EXIT_CODE.finished : EXIT_CODE.wrongInput };
  }
  // Commander: "error: unknown option '--trails'\n(Did you mean --trials?)"
  const sentence = error.message.replace(/^error: /, '').replace('. Expected', ', expected');
  const [fault = '', suggestion] = sentence.split('\n');
  const hint = suggestion?.replace(/^\(Did you mean (.*)\?\)$/, ', did you mean $1?') ?? '; see hone --help.';
  return { message: `${fault.replace(/\.$/, '')}${hint}`, exitCode: EXIT_CODE.wrongInput };
}

/** The storage's sentences name the file; whoever typed an option looks for that. */
function namingStorage({ field, message }: InvalidInputError): string {
  const isNamed = field !== 'storage' || /storage/i.test(message);
  return isNamed ? inOneLine(message) : `--storage: ${inOneLine(message)}`;
}

function inOneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ');
}
