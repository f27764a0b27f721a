import { type Logger, type Runtime, type TimerHandle, type Timers } from "../io/ports.ts";

export interface IdleCollectionOptions {
  readonly runtime: Runtime;
  readonly timers: Timers;
  readonly logger: Logger;
}

const intervalMs = 1_000;
/** A process that works less than this in each interval is busy with nothing but its own clockwork. */
const idleCpuMsMax = 20;
/** V8 makes its young generation smaller only when less than 1 MB/s was allocated since its last collection: 16 MiB at most. */
const idleIntervalsMin = 20;
/** What is not worth a collection. */
const grownBytesMin = 4 * 1024 * 1024;
/** A collection takes time with what is used; beyond this an idle node would be late for who comes just then. */
const usedBytesMax = 64 * 1024 * 1024;

/**
 * Gives memory back when a burst of work is over. The collector itself runs only when something is allocated: a node that
 * has become idle would keep what its last burst took for as long as it stays idle, most of all a young generation that has
 * grown to 32 MiB. Under load nothing happens, and once it has collected, nothing until the heap has grown again.
 */
export class IdleCollection {
  readonly #options: IdleCollectionOptions;
  #timer: TimerHandle | undefined;
  #cpuMs = 0;
  #idleIntervals = 0;
  /** What the heap had after the last collection. */
  #keptBytes = 0;

  constructor(options: IdleCollectionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cpuMs = this.#options.runtime.cpuMs();
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = this.#options.timers.after(intervalMs, () => {
      this.#look();
      this.#wait();
    });
  }

  #look(): void {
    const { runtime } = this.#options;
    const cpuMs = runtime.cpuMs();
    const isIdle = cpuMs - this.#cpuMs <= idleCpuMsMax;
    this.#cpuMs = cpuMs;
    this.#idleIntervals = isIdle ? this.#idleIntervals + 1 : 0;
    if (this.#idleIntervals < idleIntervalsMin) return;
    const beforeBytes = runtime.heapBytes();
    if (beforeBytes - this.#keptBytes < grownBytesMin || runtime.heapUsedBytes() > usedBytesMax) return;
    this.#keptBytes = beforeBytes;
    this.#idleIntervals = 0;
    void this.#collect(beforeBytes);
  }

  async #collect(beforeBytes: number): Promise<void> {
    const { runtime, logger } = this.#options;
    await runtime.collect();
    this.#keptBytes = runtime.heapBytes();
    logger.debug({ beforeBytes, afterBytes: this.#keptBytes }, "Collected garbage while there was nothing to do");
  }
}
