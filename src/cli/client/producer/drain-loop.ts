import { type Clock, type Timers } from "../../../io/ports.ts";

export interface DrainLoopOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Sends what is ready. One at a time: encoding waits, and sequence numbers are given in order. */
  readonly drain: () => Promise<void>;
  /** A drain has failed, and is not repeated unless it is asked for. */
  readonly onFailed: (error: unknown) => void;
}

/** When a producer looks for batches that can be sent: soon after something changed, and at moments that batches wait for. */
export class DrainLoop {
  readonly #options: DrainLoopOptions;
  #isScheduled = false;
  #isRunning = false;
  /** Something changed while a drain was under way. */
  #mustRunAgain = false;
  /** When the next one begins by itself. */
  #atMs = Number.POSITIVE_INFINITY;

  constructor(options: DrainLoopOptions) {
    this.#options = options;
  }

  /** At the end of this turn of the event loop, once for all who ask; when one is under way then, after that. */
  runSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.timers.endOfTurn(() => {
      this.#isScheduled = false;
      if (this.#isRunning) this.#mustRunAgain = true;
      else void this.#run();
    });
  }

  /** However many wait for it, there is one timer: each drain may ask for the next. */
  runIn(delayMs: number): void {
    const { clock, timers } = this.#options;
    const atMs = clock.monotonicMs() + delayMs;
    if (atMs >= this.#atMs) return;
    this.#atMs = atMs;
    timers.after(delayMs, () => {
      // A timer for an earlier moment came in between.
      if (this.#atMs !== atMs) return;
      this.#atMs = Number.POSITIVE_INFINITY;
      this.runSoon();
    });
  }

  /** For the drain that is under way: another is to follow it. */
  runAgain(): void {
    this.#mustRunAgain = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      do {
        this.#mustRunAgain = false;
        await this.#options.drain();
      } while (this.#mustRunAgain);
    } catch (error) {
      this.#options.onFailed(error);
    } finally {
      this.#isRunning = false;
    }
  }
}
