import type { DatasetProgress } from './base.ts';

const INTERVAL_MS = 100;

/** Passes progress on ten times a second at most, and always the last of a phase. */
export function throttleProgress(
  onProgress: ((progress: DatasetProgress) => void) | undefined,
): (progress: DatasetProgress) => void {
  if (!onProgress) return () => {};
  let lastMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = performance.now();
    const isLast = progress.total > 0 && progress.done === progress.total;
    if (!isLast && nowMs - lastMs < INTERVAL_MS) return;
    lastMs = nowMs;
    onProgress(progress);
  };
}
