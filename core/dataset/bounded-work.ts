/**
 * Works through a list with a bounded number of items in flight.
 *
 * After an error or an abort no new item is begun; those in flight are waited for, so that files may be closed
 * and removed afterwards.
 *
 * @param inFlight - Items worked on at once, at least 1.
 * @throws The first error of `work`, or the signal's reason.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  inFlight: number,
  signal: AbortSignal | undefined,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let isStopped = false;
  const workThrough = async (): Promise<void> => {
    while (!isStopped && next < items.length) {
      const index = next++;
      try {
        signal?.throwIfAborted();
        await work(items[index] as T, index);
      } catch (error) {
        isStopped = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: inFlight }, workThrough));
  const failed = workers.find((worker) => worker.status === 'rejected');
  if (failed) throw failed.reason;
  signal?.throwIfAborted();
}
