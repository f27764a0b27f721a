import { DiskError } from "../io/ports.ts";

/** How the cleaner waits for descriptors. */
export interface Patience {
  /** Passes some time, in which there may be descriptors again. */
  readonly rest: () => Promise<void>;
  /** The broker stops: nobody waits any more. */
  readonly isClosed: () => boolean;
}

/**
 * Does what leaves nothing half done, and while the system is short of descriptors or memory tries again after a rest.
 * Undefined when it was not wanted any more after one.
 */
export async function patiently<T>(
  act: () => T | Promise<T>,
  rest: () => Promise<void>,
  isWanted: () => boolean,
): Promise<T | undefined> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof DiskError) || !error.isShortage) throw error;
    }
    await rest();
    if (!isWanted()) return undefined;
  }
}

/** Does what changes nothing where the system is short of descriptors or memory; undefined then. */
export function unlessShort<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof DiskError) || !error.isShortage) throw error;
    return undefined;
  }
}
