import { TimerWheel, type WheelEntry } from "../base/timer-wheel.ts";
import { type Clock, type TimerHandle, type Timers } from "../io/ports.ts";

const tickMs = 10;

/** The requests that wait on this broker, and one timer for when their time is up. */
export class RequestDeadlines {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #wheel: TimerWheel;
  #timer: TimerHandle | undefined;
  #timerDueMs = Infinity;
  readonly #onTimer = (): void => this.#expire();

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
    this.#wheel = new TimerWheel(tickMs, clock.monotonicMs());
  }

  /** How many requests wait. */
  get size(): number {
    return this.#wheel.size;
  }

  /** Has `entry.onExpire` called `delayMs` from now unless it is removed before. */
  add(entry: WheelEntry, delayMs: number): void {
    const deadlineMs = this.#clock.monotonicMs() + delayMs;
    this.#wheel.add(entry, deadlineMs);
    if (deadlineMs < this.#timerDueMs) this.#arm(deadlineMs);
  }

  remove(entry: WheelEntry): void {
    this.#wheel.remove(entry);
  }

  /** Nothing expires any more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    this.#wheel.advance(this.#clock.monotonicMs());
    const dueMs = this.#wheel.nextDeadlineMs();
    if (dueMs !== undefined) this.#arm(dueMs);
  }

  /** A timer that became needless because its entry was removed is left: it only finds nothing to expire. */
  #arm(dueMs: number): void {
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#timers.after(Math.max(0, dueMs - this.#clock.monotonicMs()) + tickMs, this.#onTimer);
  }
}
