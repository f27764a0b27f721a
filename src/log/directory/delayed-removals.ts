import { type Disk, type Logger, type TimerHandle, type Timers } from "../../io/ports.ts";
import { removeAside, type Removal } from "../removal.ts";

const timerMsMax = 2_147_483_647;
/** How long a stop waits for removals, ms: those of a topic with thousands of partitions may take minutes. */
const finishMsMax = 2_000;

export interface DelayedRemovalsOptions {
  readonly disk: Disk;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Files that nobody uses any more and that go when `file.delete.delay.ms` has passed, or when the node stops. They go one
 * behind the other and off the event loop, which would be held up for tens of milliseconds by each large one.
 */
export class DelayedRemovals {
  readonly #options: DelayedRemovalsOptions;
  readonly #waiting = new Map<Removal, TimerHandle>();
  readonly #due: Removal[] = [];
  #work: Promise<void> | undefined;
  #isOutOfTime = false;

  constructor(options: DelayedRemovalsOptions) {
    this.#options = options;
  }

  add(removal: Removal, delayMs: number): void {
    const timer = this.#options.timers.after(Math.min(delayMs, timerMsMax), () => {
      this.#waiting.delete(removal);
      this.#due.push(removal);
      this.#start();
    });
    this.#waiting.set(removal, timer);
  }

  /** Does at once what still waits; resolves when it is done, or has taken so long that it is left to the next start. */
  async finish(): Promise<void> {
    this.#takeWaiting();
    const timer = this.#options.timers.after(finishMsMax, () => (this.#isOutOfTime = true));
    this.#start();
    await this.#work;
    timer.cancel();
  }

  /** As `finish`, before it returns. */
  close(): void {
    this.#takeWaiting();
    if (this.#isOutOfTime) return;
    for (const removal of this.#due.splice(0)) {
      this.#quietly(() => removal((path) => this.#options.disk.remove(path)));
    }
  }

  #takeWaiting(): void {
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#due.push(...this.#waiting.keys());
    this.#waiting.clear();
  }

  #start(): void {
    this.#work ??= this.#removeAll().finally(() => (this.#work = undefined));
  }

  async #removeAll(): Promise<void> {
    for (let removal = this.#due.shift(); removal !== undefined && !this.#isOutOfTime; removal = this.#due.shift()) {
      try {
        await removeAside(this.#options.disk, removal);
      } catch (error) {
        this.#warn(error);
      }
    }
  }

  #quietly(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#warn(error);
    }
  }

  /** What cannot be deleted now is deleted at the next start. */
  #warn(error: unknown): void {
    this.#options.logger.warn({ error }, "A file could not be deleted");
  }
}
