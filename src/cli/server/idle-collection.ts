import { type Logger, type Runtime, type TimerHandle, type Timers } from "../../io/ports.ts";

export interface IdleCollectionOptions {
  readonly runtime: Runtime;
  readonly timers: Timers;
  readonly logger: Logger;
  /** How many requests have come so far. */
  readonly requestCount: () => number;
}

const intervalMs = 1_000;
/** Clients that only wait ask twice a second each. */
const idleRequestsMax = 20;
/** V8 makes its young generation smaller only when less than 1 MB/s was allocated since its last collection: 16 MiB at most. */
const idleIntervalsMin = 20;
/** What is not worth a collection. */
const grownBytesMin = 4 * 1024 * 1024;
/** A collection takes time with what is alive among this; beyond it an idle node would be late for who comes just then. */
const usedBytesMax = 128 * 1024 * 1024;
/** Moving objects takes longer than finding them: what is left of a busy node's heap stays where it is. */
const movedBytesMax = 32 * 1024 * 1024;

/**
 * Gives memory back when a burst of work is over. The collector itself runs only when something is allocated: a server that
 * has become idle would keep what its last burst took for as long as it stays idle, most of all a young generation that has
 * grown to 32 MiB. Once it has collected, nothing happens until the heap has grown again. Only where the process is the
 * server's own: the heap of a process that embeds brokers is not theirs.
 */
export class IdleCollection {
  readonly #options: IdleCollectionOptions;
  #timer: TimerHandle | undefined;
  #requestCount = 0;
  #idleIntervals = 0;
  /** What the heap had after the last collection. */
  #keptBytes = 0;

  constructor(options: IdleCollectionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.timers.after(intervalMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    const { runtime, requestCount, logger } = this.#options;
    const count = requestCount();
    const isIdle = count - this.#requestCount <= idleRequestsMax;
    this.#requestCount = count;
    this.#idleIntervals = isIdle ? this.#idleIntervals + 1 : 0;
    if (this.#idleIntervals < idleIntervalsMin) return;
    const beforeBytes = runtime.heapBytes();
    if (beforeBytes - this.#keptBytes < grownBytesMin || runtime.heapUsedBytes() > usedBytesMax) return;
    this.#keptBytes = beforeBytes;
    this.#idleIntervals = 0;
    this.#collect(beforeBytes).catch((error: unknown) => logger.debug({ error }, "The runtime collects no garbage"));
  }

  async #collect(beforeBytes: number): Promise<void> {
    const { runtime, logger } = this.#options;
    await runtime.collect();
    // What came into being among the garbage of a burst lies scattered over its pages.
    if (runtime.heapUsedBytes() <= movedBytesMax) await runtime.compact();
    this.#keptBytes = runtime.heapBytes();
    logger.debug({ beforeBytes, afterBytes: this.#keptBytes }, "Collected garbage while there was nothing to do");
  }
}
