import { type Clock, type Timers } from "../../../io/ports.ts";

export interface PollLimits {
  /** `max.poll.interval.ms` */
  readonly intervalMs: number;
  /** `max.poll.records`: after so many records Kafka's consumer would have been asked again. */
  readonly recordsMax: number;
}

/** When to tell of it again, where nothing could be done. */
const retryDelayMs = 100;

/** Tells when a consumer has not been asked for records for too long: it is not working on them, or not fast enough. */
export class PollWatch {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #limits: PollLimits;
  readonly #onExpired: () => boolean;
  #polledMs: number;
  /** Calls that wait for records: meanwhile nobody is late. */
  #waiting = 0;
  #taken = 0;
  #timer: { cancel(): void } | undefined;

  /**
   * @param onExpired called once, and after the next poll perhaps again; false when nothing can be done now: it is called a
   * little later, too, unless there is a poll before
   */
  constructor(ports: { clock: Clock; timers: Timers }, limits: PollLimits, onExpired: () => boolean) {
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    this.#limits = limits;
    this.#onExpired = onExpired;
    this.#polledMs = this.#clock.monotonicMs();
  }

  /** Somebody waits for records, until `leave`. */
  enter(): void {
    this.#waiting++;
    this.#polled();
  }

  leave(): void {
    this.#waiting--;
    this.#polled();
  }

  /** A record was handed out. */
  took(): void {
    if (++this.#taken >= this.#limits.recordsMax) this.#polled();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #polled(): void {
    this.#polledMs = this.#clock.monotonicMs();
    this.#taken = 0;
    if (this.#timer === undefined) this.#startTimer(this.#limits.intervalMs);
  }

  #startTimer(delayMs: number): void {
    this.#timer = this.#timers.after(delayMs, () => {
      const { intervalMs } = this.#limits;
      const leftMs = this.#waiting > 0 ? intervalMs : this.#polledMs + intervalMs - this.#clock.monotonicMs();
      this.#timer = undefined;
      if (leftMs > 0) this.#startTimer(leftMs);
      else if (!this.#onExpired()) this.#startTimer(retryDelayMs);
    });
  }
}
