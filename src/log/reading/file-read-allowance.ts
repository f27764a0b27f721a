/**
 * Reads of files are synchronous: nothing else runs meanwhile. A client that lags on fifty partitions asks for 50 MB, and
 * gets the rest with its next requests.
 */
const bytesPerFetch = 4_194_304;

/** What one fetch may read from files, all its partitions together, before others have their turn. */
export class FileReadAllowance {
  leftBytes = bytesPerFetch;
  /** A read got less than it asked for, or nothing, although there is more: waiting would bring nothing. */
  wasShort = false;
  /** Whether the fetch can come again when reads off the event loop are done. */
  readonly mayWait: boolean;
  #awaited: Promise<void>[] | undefined;

  constructor(mayWait: boolean) {
    this.mayWait = mayWait;
  }

  /** The fetch will come again: what it reads now from files goes to nobody. */
  get isWaiting(): boolean {
    return this.#awaited !== undefined;
  }

  waitFor(read: Promise<void>): void {
    (this.#awaited ??= []).push(read);
  }

  /** Resolves when all reads that the fetch waits for have ended; undefined when there are none. */
  get awaited(): Promise<unknown> | undefined {
    return this.#awaited === undefined ? undefined : Promise.all(this.#awaited);
  }
}
