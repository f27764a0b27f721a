import { type Offset } from "../base/brand.ts";

interface Deferred {
  readonly offset: Offset;
  readonly complete: () => void;
  readonly abandon: () => void;
}

/** Answers that wait until the records up to an offset are committed and published; in the order of the log. */
export class DeferredReplies {
  #waiting: Deferred[] = [];

  /** Resolves with `response` when the offset is reached, with `abandoned` when the leadership is lost before. */
  add<R>(offset: Offset, response: R, abandoned: R): Promise<R> {
    return new Promise((resolve) => {
      this.#waiting.push({ offset, complete: () => resolve(response), abandon: () => resolve(abandoned) });
    });
  }

  reached(offset: Offset): void {
    let count = 0;
    while (count < this.#waiting.length && (this.#waiting[count]?.offset ?? Infinity) <= offset) count++;
    for (const deferred of this.#waiting.splice(0, count)) deferred.complete();
  }

  abandonAll(): void {
    const abandoned = this.#waiting;
    this.#waiting = [];
    for (const deferred of abandoned) deferred.abandon();
  }
}
