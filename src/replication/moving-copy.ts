import { type Offset } from "../base/brand.ts";
import { type Log } from "../log/log.ts";
import { type OffsetWaiter } from "./offset-waiters.ts";

/**
 * The copy of a partition's log that is on its way to another directory. Records that are deleted meanwhile are gone from the
 * log at once, and from the copy when that has come so far: whoever deletes them may wait for it here.
 */
export class MovingCopy {
  readonly log: Log;
  /** Few, and in no order: each asks for an offset of its own. */
  readonly #waiters = new Set<OffsetWaiter>();

  constructor(log: Log) {
    this.log = log;
  }

  get waiterCount(): number {
    return this.#waiters.size;
  }

  /** Tells `waiter` when nothing before its offset is left in the copy, or in what the copy has become. */
  whenDeleted(waiter: OffsetWaiter): void {
    this.#waiters.add(waiter);
  }

  forget(waiter: OffsetWaiter): void {
    this.#waiters.delete(waiter);
  }

  deletedBefore(offset: Offset): void {
    for (const waiter of this.#waiters) {
      if (waiter.requiredOffset > offset) continue;
      this.#waiters.delete(waiter);
      waiter.onReached();
    }
  }

  failAll(errorCode: number): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.onFailed(errorCode);
  }
}
