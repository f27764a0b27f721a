import { type Logger, type TimerHandle, type Timers } from "../../io/ports.ts";

const timerMsMax = 2_147_483_647;

interface Removal {
  readonly timer: TimerHandle;
  readonly remove: () => void;
}

/** Files that nobody uses any more and that go when `file.delete.delay.ms` has passed, or when the node stops. */
export class DelayedRemovals {
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #waiting = new Set<Removal>();

  constructor(timers: Timers, logger: Logger) {
    this.#timers = timers;
    this.#logger = logger;
  }

  add(remove: () => void, delayMs: number): void {
    const timer = this.#timers.after(Math.min(delayMs, timerMsMax), () => {
      this.#waiting.delete(removal);
      this.#quietly(remove);
    });
    const removal = { timer, remove };
    this.#waiting.add(removal);
  }

  /** Removes at once what still waits. */
  close(): void {
    for (const { timer, remove } of this.#waiting) {
      timer.cancel();
      this.#quietly(remove);
    }
    this.#waiting.clear();
  }

  /** What cannot be deleted now is deleted at the next start. */
  #quietly(remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.#logger.warn({ error }, "A file could not be deleted");
    }
  }
}
