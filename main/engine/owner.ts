import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import type { TrialOwner } from '../../core/storage/run-records.ts';

const run = promisify(execFile);

/** The kernel counts process times in these ticks on every Linux architecture that Node runs on (USER_HZ). */
const LINUX_TICKS_PER_SECOND = 100;

/**
 * Two readings of one process may differ by this much: Linux tells the boot time in whole seconds and moves it
 * with the clock.
 */
const START_TOLERANCE_MS = 2500;

/** This process as the owner of trials. */
export async function currentOwner(): Promise<TrialOwner> {
  const startMs = await readProcessStartMs(process.pid);
  // Where the system tells nothing, the time that Node itself measured is as good for one host.
  const processStartMs = startMs ?? Math.round(Date.now() - process.uptime() * 1000);
  return { host: hostname(), pid: process.pid, processStartMs };
}

/**
 * Whether the process that owns a trial still lives: the pid exists and its process started when the owner did,
 * so that a later process with the same pid is not taken for it. An owner on another host counts as alive,
 * since nothing can be told about it from here.
 */
export async function isOwnerAlive(owner: TrialOwner): Promise<boolean> {
  if (owner.host !== hostname()) return true;
  const startMs = await readProcessStartMs(owner.pid);
  return startMs !== null && Math.abs(startMs - owner.processStartMs) <= START_TOLERANCE_MS;
}

/**
 * When a process started, milliseconds since 1970, as the operating system tells it; null where there is no such
 * process. One that has ended and waits for its parent to ask (a zombie) is none.
 */
export async function readProcessStartMs(pid: number): Promise<number | null> {
  if (process.platform === 'linux') return readLinuxStartMs(pid);
  if (process.platform === 'win32') return readWindowsStartMs(pid);
  return readPsStartMs(pid);
}

async function readLinuxStartMs(pid: number): Promise<number | null> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name in parentheses may itself hold spaces and parentheses; fields 3 and up follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = Number(fields[19]);
  if (state === 'Z' || state === 'X' || !Number.isFinite(startTicks)) return null;
  const boot = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'latin1'));
  if (boot === null) return null;
  return Number(boot[1]) * 1000 + (startTicks * 1000) / LINUX_TICKS_PER_SECOND;
}

async function readPsStartMs(pid: number): Promise<number | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [state, ...start] = stdout.trim().split(/\s+/);
    const startMs = Date.parse(start.join(' '));
    return state === undefined || state.startsWith('Z') || Number.isNaN(startMs) ? null : startMs;
  } catch {
    return null;
  }
}

async function readWindowsStartMs(pid: number): Promise<number | null> {
  const script = `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`;
  try {
    const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]);
    const startMs = Number.parseInt(stdout, 10);
    return Number.isNaN(startMs) ? null : startMs;
  } catch {
    return null;
  }
}
