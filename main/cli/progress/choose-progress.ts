import type { ProgressView, RunPlan } from './base.ts';
import { PlainProgress } from './plain-progress.ts';
import { ASCII_BAR, UNICODE_BAR } from './progress-bar.ts';
import { QuietProgress } from './quiet-progress.ts';
import { TerminalProgress, type TerminalStream } from './terminal-progress.ts';

/** The environment variables that tell what a terminal can show; `process.env` fits. */
export type TerminalEnvironment = Readonly<Record<string, string | undefined>>;

/** The view that suits where the progress goes: bars on a terminal, lines elsewhere, nothing where asked for. */
export function chooseProgress(
  stream: TerminalStream,
  plan: RunPlan,
  isQuiet: boolean,
  environment: TerminalEnvironment = process.env,
): ProgressView {
  if (isQuiet) return new QuietProgress(stream);
  if (!stream.isTTY || environment['TERM'] === 'dumb') return new PlainProgress(stream, plan);
  return new TerminalProgress(stream, plan, showsUtf8(environment) ? UNICODE_BAR : ASCII_BAR);
}

/** By the locale, as the C library reads it; terminals of Windows and macOS show UTF-8 whatever it says. */
function showsUtf8(environment: TerminalEnvironment): boolean {
  if (environment['TERM'] === 'linux') return false;
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return /utf-?8/i.test(locale);
}
