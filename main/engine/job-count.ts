import { availableParallelism } from 'node:os';

/** What a trainer may need at most on the sample data; larger images and models are the user's to weigh. */
const TRAINER_MEMORY_BYTES = 700 * 1024 * 1024;

/** What {@link chooseJobCount} weighs. */
export interface JobResources {
  /** Cores that this process may use. */
  readonly cores: number;
  /** Memory that can still be had. */
  readonly memoryBytes: number;
}

/** The resources of this machine, limits of a container included. */
export function machineResources(): JobResources {
  return { cores: availableParallelism(), memoryBytes: process.availableMemory() };
}

/**
 * Trials at the same time: what was asked for, else one a core, as each trainer has one thread, and as many as
 * the memory holds; never more than there are trials left, and at least one.
 *
 * @param asked null: as many as the machine carries.
 * @param trialsLeft trials still to run.
 */
export function chooseJobCount(asked: number | null, trialsLeft: number, resources: JobResources): number {
  const carried = Math.min(resources.cores, Math.floor(resources.memoryBytes / TRAINER_MEMORY_BYTES));
  return Math.max(1, Math.min(asked ?? carried, trialsLeft));
}
