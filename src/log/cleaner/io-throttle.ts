import { nextTurn } from "../../io/next-turn.ts";
import { type Clock, type Timers } from "../../io/ports.ts";

const checkIntervalMs = 300;
/** A nap is taken in pieces: whoever is not wanted any more does not sleep on. */
const napMsMax = 100;

/** What a round may read and write: its share of what all have. */
export interface IoShare {
  readonly bytesPerSecondMax: number;
  /** How many rounds run at the moment. */
  readonly sharers: Int32Array;
}

/** Keeps what a cleaner reads and writes to so many bytes a second, by naps. */
export class IoThrottle {
  readonly #share: IoShare;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #isCancelled: () => boolean;
  #periodStartMs: number;
  #bytes = 0;

  constructor(share: IoShare, ports: { clock: Clock; timers: Timers }, isCancelled: () => boolean) {
    const { clock, timers } = ports;
    this.#share = share;
    this.#clock = clock;
    this.#timers = timers;
    this.#isCancelled = isCancelled;
    this.#periodStartMs = clock.monotonicMs();
  }

  /** Takes its nap when it is time; where no thread is there for the work, others get their turn here. */
  async pass(bytes: number): Promise<void> {
    this.#bytes += bytes;
    const elapsedMs = this.#clock.monotonicMs() - this.#periodStartMs;
    if (elapsedMs <= checkIntervalMs) {
      await nextTurn(this.#timers);
      return;
    }
    const { bytesPerSecondMax, sharers } = this.#share;
    const bytesPerSecond = bytesPerSecondMax / Math.max(1, Atomics.load(sharers, 0));
    let napMs = (this.#bytes / bytesPerSecond) * 1_000 - elapsedMs;
    for (; napMs > 0 && !this.#isCancelled(); napMs -= napMsMax) {
      await new Promise<void>((resolve) => void this.#timers.after(Math.min(napMs, napMsMax), resolve));
    }
    this.#periodStartMs = this.#clock.monotonicMs();
    this.#bytes = 0;
  }
}
