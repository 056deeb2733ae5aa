import type { Storage } from '../base.ts';

/** What the contract's tests talk to. */
export interface Connections {
  readonly storage: Storage;
  /** Another connection to the same medium, or the same storage where there is but one. */
  readonly other: Storage;
}
