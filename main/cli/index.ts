import { reportError } from './error-report.ts';
import { EXIT_CODE, type ExitCode } from './exit-code.ts';
import { createProgram } from './program.ts';

/**
 * Run the command line.
 *
 * @param args what stands after `hone`.
 * @returns how the process is to end.
 */
export async function main(args: readonly string[]): Promise<ExitCode> {
  survivesClosedStreams();
  let exitCode: ExitCode = EXIT_CODE.finished;
  try {
    const program = createProgram((code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const report = reportError(error);
    if (report.message !== null) process.stderr.write(`hone: ${report.message}\n`);
    return report.exitCode;
  }
  return exitCode;
}

/**
 * A reader that goes away (`hone trials | head`, a terminal that is closed) is no reason to lose a study: what is
 * written after that is dropped.
 */
function survivesClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO' && error.code !== 'ERR_STREAM_DESTROYED')
        throw error;
    });
  }
}
