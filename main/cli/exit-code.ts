/** How `hone` ends, as its help says. */
export const EXIT_CODE = {
  finished: 0,
  /** A run that was paused by a fault, or an error that nobody foresaw. */
  failed: 1,
  /** Something the user typed or wrote in a file is not usable; nothing was started. */
  wrongInput: 2,
  /** Ctrl-C, SIGTERM or SIGHUP: 128 and the number of SIGINT, as shells report it. */
  interrupted: 130,
} as const;

/** One of {@link EXIT_CODE}. */
export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];
