import { type Clock, DiskError, type Timers } from "../io/ports.ts";

/** A shortage that lasts longer is one that does not pass. */
const shortageMsMax = 10_000;
const restMs = 100;

/** Of who has to come to an end: waits until the system has descriptors or memory again, but not for ever. */
export class LimitedPatience {
  readonly #clock: Clock;
  readonly #timers: Pick<Timers, "after">;
  /** Since when nothing was done for want of them. */
  #sinceMs: number | undefined;

  constructor(clock: Clock, timers: Pick<Timers, "after">) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /**
   * Does what leaves nothing half done, and does it again after a rest where it is refused.
   * @throws DiskError the refusal when it is one of many, for so long that there may be no end of them
   */
  async do<T>(act: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await act();
        this.#sinceMs = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof DiskError) || !error.isShortage || this.#isOver()) throw error;
      }
      await new Promise<void>((resolve) => void this.#timers.after(restMs, resolve));
    }
  }

  #isOver(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    return nowMs - this.#sinceMs >= shortageMsMax;
  }
}
