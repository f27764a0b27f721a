import { BufferPool } from "../base/buffer-pool.ts";
import { type Timers } from "../io/ports.ts";
import { ReadAhead } from "./read-ahead.ts";
import { OpenFiles } from "./segment/open-files.ts";
import { TailCache } from "./tail-cache.ts";

/** What the queue needs of a log. */
export interface Writable {
  /** Hands all appended bytes to the operating system in one call; does not throw because of the disk. */
  writePending(): void;
}

export interface WriteQueueOptions {
  readonly timers: Timers;
  /** Where the logs read into. */
  readonly bufferPool?: BufferPool;
  /** Memory for the newest bytes of all logs. */
  readonly tailCacheBytes?: number;
  /** How many segment files may be open at once. */
  readonly openFilesMax?: number;
}

const retryDelayMs = 100;
const openFilesMaxDefault = 2_048;
const tailCacheBytesDefault = 33_554_432;

/**
 * Group commit: the logs that were appended to in this turn of the event loop. At the turn's end each hands what it got to
 * the operating system with one vectored call, and tells its owner that it is written: it may be read and acknowledged. A
 * log that has to flush first (`flush.messages`) tells so later, when that is done. Append means ordered, flushed means
 * durable.
 */
export class WriteQueue {
  readonly tailCache: TailCache;
  readonly bufferPool: BufferPool;
  readonly readAhead: ReadAhead;
  readonly openFiles: OpenFiles;
  readonly #timers: Timers;
  #waiting: Writable[] = [];
  #isFlushing = false;
  /** Due when the flush that is under way has written all logs. */
  #afterFlush: (() => void)[] = [];
  readonly #flush = (): void => this.flush();

  constructor(options: WriteQueueOptions) {
    this.#timers = options.timers;
    this.openFiles = new OpenFiles(options.openFilesMax ?? openFilesMaxDefault);
    this.bufferPool = options.bufferPool ?? new BufferPool();
    this.readAhead = new ReadAhead(this.bufferPool, options.timers);
    this.tailCache = new TailCache(options.tailCacheBytes ?? tailCacheBytesDefault, this.bufferPool);
  }

  /** Has `log` written at the end of this turn; the log sees to it that it is here once. */
  add(log: Writable): void {
    if (this.#waiting.length === 0) this.#timers.endOfTurn(this.#flush);
    this.#waiting.push(log);
  }

  /** Has `log` written some time soon: now the system is short of what that takes. */
  addLater(log: Writable): void {
    this.#timers.after(retryDelayMs, () => this.add(log));
  }

  /**
   * Writes what waits, now. Appends that follow from it wait for the next turn.
   * @throws what a log has thrown, a bug there or in who listens to it, when all the others are written
   */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const errors: unknown[] = [];
    this.#isFlushing = true;
    for (const log of waiting) {
      try {
        log.writePending();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#isFlushing = false;
    const afterFlush = this.#afterFlush;
    this.#afterFlush = [];
    for (const act of afterFlush) {
      try {
        act();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Calls `act` when all that is being written is written; at once when nothing is. */
  whenAllAreWritten(act: () => void): void {
    if (this.#isFlushing) this.#afterFlush.push(act);
    else act();
  }
}
