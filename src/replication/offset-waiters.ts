import { type Offset } from "../base/brand.ts";

/** Someone who waits for a partition to reach an offset. */
export interface OffsetWaiter {
  /** Done when the awaited position is at least this. */
  readonly requiredOffset: Offset;
  onReached(): void;
  /** The partition will not get there: it is no longer led here, or its disk failed. */
  onFailed(errorCode: number): void;
}

/**
 * The waiters of one partition, first in, first out: appends are ordered, so the required offsets only grow and the ones
 * that are done are always at the front.
 */
export class OffsetWaiters {
  #queue: OffsetWaiter[] = [];
  #head = 0;

  add(waiter: OffsetWaiter): void {
    this.#queue.push(waiter);
  }

  get size(): number {
    return this.#queue.length - this.#head;
  }

  reached(offset: Offset): void {
    while (this.#head < this.#queue.length) {
      const waiter = this.#queue[this.#head]!;
      if (waiter.requiredOffset > offset) break;
      this.#head += 1;
      waiter.onReached();
    }
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  failAll(errorCode: number): void {
    if (this.size === 0) return;
    const waiters = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    for (const waiter of waiters) waiter.onFailed(errorCode);
  }
}
