import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The file behind the command `hone`. */
export const HONE = fileURLToPath(new URL('../../main/cli/hone.mjs', import.meta.url));

/** How a process ended, and all that it wrote. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error holds the text. Rejects where the command ends before. */
  sees(text: string | RegExp): Promise<void>;
}

/** Where and how a command runs. */
export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Start `hone` with these arguments as a user would, on the Node that runs the tests. */
export function startHone(args: readonly string[], options: ProcessOptions = {}): Started {
  return startCommand(process.execPath, [HONE, ...args], options);
}

/** As {@link startHone}, until it has ended. */
export async function runHone(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return startHone(args, options).ended;
}

/** Start a command whose input stays open and empty. */
export function startCommand(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Started {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (part: Buffer) => {
    written.stdout += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    written.stderr += part.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, ...written }));
  });
  const sees = async (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!(typeof text === 'string' ? written.stderr.includes(text) : text.test(written.stderr))) return;
        child.stderr.off('data', look);
        resolve();
      };
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`ended without ${String(text)}:\n${written.stderr}`)));
      look();
    });
  return { child, ended, sees };
}

/** A command that succeeded, as it is; any other fails the test with all that it said. */
export function succeeded(ended: Ended): Ended {
  if (ended.exitCode !== 0) throw new Error(`ended with ${ended.exitCode ?? ended.signal}:\n${ended.stderr}`);
  return ended;
}

/** The one line in which a command said what is wrong with its input; anything else fails the test. */
export function refusalOf(ended: Ended): string {
  const line = /^hone: ([^\n]+[.?])\n$/.exec(ended.stderr)?.[1];
  if (ended.exitCode === 2 && ended.stdout === '' && line !== undefined) return line;
  throw new Error(`ended with ${ended.exitCode ?? ended.signal}:\n${ended.stderr}${ended.stdout}`);
}
