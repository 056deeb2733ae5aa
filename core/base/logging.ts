/** Where the engine's remarks go; a host puts its own in place with {@link setLogger}. */
export interface Logger {
  /** Something worth knowing, such as a trial that finished. */
  info(message: string): void;
  /** Something that works but is probably not meant. */
  warn(message: string): void;
}

/** Messages that the standard logger remembers, so that a warning inside an objective is shown once. */
const MAX_REMEMBERED_WARNINGS = 1000;

/** The logger in place until a host sets another: warnings on standard error, each text once. */
function standardLogger(): Logger {
  const shown = new Set<string>();
  return {
    info() {},
    warn(message) {
      if (shown.has(message) || shown.size >= MAX_REMEMBERED_WARNINGS) return;
      shown.add(message);
      console.warn(`hone: ${message}`);
    },
  };
}

let current: Logger = standardLogger();

/** Send remarks elsewhere. @returns the logger that was in place before. */
export function setLogger(logger: Logger): Logger {
  const previous = current;
  current = logger;
  return previous;
}

/** Say something worth knowing. */
export function logInfo(message: string): void {
  current.info(message);
}

/** Warn of something that works but is probably not meant. */
export function logWarning(message: string): void {
  current.warn(message);
}
