/** Counts the bytes of records that wait for the broker, and lets who waits for room know. */
export class RecordBuffer {
  readonly #sizeBytesMax: number;
  #sizeBytes = 0;
  #waiters: (() => void)[] = [];

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  get isFull(): boolean {
    return this.#sizeBytes > this.#sizeBytesMax;
  }

  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  add(sizeBytes: number): void {
    this.#sizeBytes += sizeBytes;
  }

  /** Records were delivered, or given up. */
  release(sizeBytes: number): void {
    this.#sizeBytes -= sizeBytes;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** Resolves at the next release. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}
