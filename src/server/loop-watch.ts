import {
  type Clock,
  type Logger,
  type LoopDelay,
  type LoopDelayMonitor,
  type LoopDelaySample,
  type TimerHandle,
  type Timers,
} from "../io/ports.ts";

export interface LoopWatchOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly loopDelay: LoopDelay;
  readonly logger: Logger;
}

const intervalMs = 100;
/** A loop that is late by more is worth a line in the log: clients notice. */
const thresholdMs = 250;
/** One line for all that happens within this time: for the longest of it. */
const quietMs = 10_000;

/**
 * How late the event loop is: everything here runs on one thread, so whatever holds it up holds up everybody. Work that may
 * take long goes through `run` or the timers of `watched`, so that the log can name it.
 */
export class LoopWatch {
  readonly #options: LoopWatchOptions;
  #monitor: LoopDelayMonitor | undefined;
  #timer: TimerHandle | undefined;
  #dueMs = 0;
  #longest = { name: "", durationMs: 0 };
  #warnedMs = Number.NEGATIVE_INFINITY;
  /** The longest delay that no line has told of yet, and how many there are. */
  #untold = { delayMs: 0, running: "", times: 0 };

  constructor(options: LoopWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#monitor = this.#options.loopDelay.start();
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#monitor?.stop();
  }

  /** Delays since the start. */
  read(): LoopDelaySample {
    return this.#monitor?.read() ?? { meanMs: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };
  }

  /** Does `act` and remembers how long it took, under `name`. */
  run<T>(name: string, act: () => T): T {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      return act();
    } finally {
      const durationMs = clock.monotonicMs() - startedMs;
      if (durationMs > this.#longest.durationMs) this.#longest = { name, durationMs };
    }
  }

  /** Timers of which each callback is a `run`. */
  watched(name: string): Timers {
    const { timers } = this.#options;
    return {
      after: (delayMs, callback) => timers.after(delayMs, () => this.run(name, callback)),
      endOfTurn: (callback) => timers.endOfTurn(() => this.run(name, callback)),
    };
  }

  #wait(): void {
    const { clock, timers } = this.#options;
    this.#dueMs = clock.monotonicMs() + intervalMs;
    this.#timer = timers.after(intervalMs, () => {
      this.#look(clock.monotonicMs());
      this.#wait();
    });
  }

  #look(nowMs: number): void {
    const delayMs = nowMs - this.#dueMs;
    const longest = this.#longest;
    this.#longest = { name: "", durationMs: 0 };
    const longestGcMs = this.#monitor?.takeLongestGcMs() ?? 0;
    const untold = this.#untold;
    if (delayMs >= thresholdMs) {
      untold.times++;
      if (delayMs > untold.delayMs) {
        untold.delayMs = Math.round(delayMs);
        untold.running = culprit(delayMs, longest, longestGcMs);
      }
    }
    if (untold.times === 0 || nowMs - this.#warnedMs < quietMs) return;
    this.#warnedMs = nowMs;
    this.#untold = { delayMs: 0, running: "", times: 0 };
    this.#options.logger.warn(untold, "The event loop was held up");
  }
}

/** What took at least half of the delay. */
function culprit(delayMs: number, longest: { name: string; durationMs: number }, longestGcMs: number): string {
  if (longest.durationMs >= delayMs / 2) return longest.name;
  return longestGcMs >= delayMs / 2 ? "garbage collection" : "requests, or the machine was busy";
}
