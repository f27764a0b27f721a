import { type TimerHandle, type Timers } from "../../io/ports.ts";

const timerMsMax = 2_147_483_647;

/** Work that is done again and again until it is closed; the next time counts from the end of the last. */
export class RecurringWork {
  readonly #timers: Timers;
  readonly #handles = new Set<TimerHandle>();
  #isClosed = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** An interval beyond what a timer can wait (24 days) switches the work off. */
  every(intervalMs: number, delayMs: number, act: () => void): void {
    if (intervalMs > timerMsMax) return;
    const run = (afterMs: number): void => {
      const handle = this.#timers.after(Math.min(afterMs, timerMsMax), () => {
        this.#handles.delete(handle);
        act();
        if (!this.#isClosed) run(intervalMs);
      });
      this.#handles.add(handle);
    };
    run(delayMs);
  }

  /** Once. */
  soon(delayMs: number, act: () => void): void {
    if (this.#isClosed) return;
    const handle = this.#timers.after(delayMs, () => {
      this.#handles.delete(handle);
      act();
    });
    this.#handles.add(handle);
  }

  close(): void {
    this.#isClosed = true;
    for (const handle of this.#handles) handle.cancel();
    this.#handles.clear();
  }
}
