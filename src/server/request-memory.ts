import { type Waiting } from "./waiting.ts";

/**
 * The memory that requests of all connections may hold (`queued.max.request.bytes`): reserved when a frame's length is
 * known, before its bytes are read, and given back when its response was handed over.
 *
 * As in Kafka, a reservation is granted as long as anything is left, so that the largest request passes too: what is held
 * exceeds the limit by one request at most.
 *
 * `queued.max.requests` has no counterpart: a request starts in the turn in which its last byte is read, so there is no
 * queue of whole requests to bound.
 */
export class RequestMemory {
  #availableBytes: number;
  readonly #waiting = new Set<Waiting>();
  #isWaking = false;

  /** @param limitBytes -1 for no limit */
  constructor(limitBytes: number) {
    this.#availableBytes = limitBytes < 0 ? Number.POSITIVE_INFINITY : limitBytes;
  }

  tryReserve(sizeBytes: number): boolean {
    if (this.#availableBytes <= 0) return false;
    this.#availableBytes -= sizeBytes;
    return true;
  }

  release(sizeBytes: number): void {
    this.#availableBytes += sizeBytes;
    if (this.#waiting.size === 0 || this.#isWaking) return;
    this.#isWaking = true;
    // Not at once: the caller is in the middle of its own answers.
    queueMicrotask(this.#wake);
  }

  /** Has it go on, once, when there may be memory again. Waiting twice is waiting once. */
  whenReleased(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  forget(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  readonly #wake = (): void => {
    this.#isWaking = false;
    for (const waiting of this.#waiting) {
      if (this.#availableBytes <= 0) return;
      this.#waiting.delete(waiting);
      waiting.goOn();
    }
  };
}
