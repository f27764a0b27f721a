import { type Clock, type TimerHandle, type Timers } from "../../src/io/ports.ts";

interface Scheduled {
  readonly atMs: number;
  readonly callback: () => void;
}

/** In real time: work in threads takes its own while the turns go by. */
const patienceMs = 50_000;

/** A clock that stands still, and timers that fire when a test moves it. */
export class ManualTime implements Clock, Timers {
  #nowMs: number;
  #scheduled: Scheduled[] = [];
  #endOfTurn: (() => void)[] = [];

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const scheduled = { atMs: this.#nowMs + delayMs, callback };
    this.#scheduled.push(scheduled);
    return { cancel: () => void (this.#scheduled = this.#scheduled.filter((each) => each !== scheduled)) };
  }

  endOfTurn(callback: () => void): void {
    this.#endOfTurn.push(callback);
  }

  /** Ends turns of the event loop until nothing is left to do. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) if (await this.turn()) quiet = 0;
  }

  /** One turn of the event loop; whether it had something to do at its end. */
  async turn(): Promise<boolean> {
    const callbacks = this.#endOfTurn;
    this.#endOfTurn = [];
    for (const callback of callbacks) callback();
    await new Promise<void>((resolve) => setImmediate(resolve));
    return callbacks.length > 0;
  }

  /** Ends turns until `work` is done, which must not wait for the clock. */
  async during<T>(work: Promise<T>): Promise<T> {
    const done = work.then(() => "done");
    const deadline = performance.now() + patienceMs;
    while ((await Promise.race([done, this.settle()])) !== "done") {
      if (performance.now() > deadline) throw new Error("it does not come to an end while the clock stands still");
    }
    return work;
  }

  /** Moves the clock, firing each timer at its time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await this.settle();
      const next = this.#scheduled.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#scheduled = this.#scheduled.filter((each) => each !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = endMs;
    await this.settle();
  }
}
