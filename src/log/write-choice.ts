/** "now": before the event loop goes on. "aside": in the thread pool. "later": when the log's write that is under way has ended. */
export type WayOfWriting = "now" | "aside" | "later";

/**
 * A write that takes longer was held back by the system: the disk is behind, and the next ones will wait too. Shorter ones
 * may as well have waited for a processor, for which the thread pool is no remedy.
 */
const heldBackMs = 40;
/** For so long after it all writes go aside. */
const asideAfterMs = 1_000;
/**
 * Beyond this nothing is left for later. Who sends faster than the disk writes is slowed down long before
 * (`WriteQueue.isBehind`); when so many do that even one request of each is too much, the event loop has to wait, too.
 */
const unwrittenBytesMax = 268_435_456;

/**
 * Whether the event loop writes itself. Mostly that is best, for small and large writes: they only reach the page cache,
 * and to hand one to a thread costs more than the copying that it saves the loop. But when the system holds writers back
 * until the disk has caught up, any write may take a second, and nobody is served meanwhile.
 */
export class WriteChoice {
  #asideUntilMs = -Infinity;

  /**
   * @param isUnderWay a thread is writing to the log; writes to one log keep their order
   * @param unwrittenBytes what all logs have given to threads, or left for later, with the log's own
   */
  wayFor(isUnderWay: boolean, unwrittenBytes: number, nowMs: number): WayOfWriting {
    if (unwrittenBytes > unwrittenBytesMax) return "now";
    if (isUnderWay) return "later";
    return nowMs < this.#asideUntilMs ? "aside" : "now";
  }

  /** Notes how long a write took, in whichever way, when it has ended. */
  note(elapsedMs: number, nowMs: number): void {
    if (elapsedMs >= heldBackMs) this.#asideUntilMs = nowMs + asideAfterMs;
  }
}
