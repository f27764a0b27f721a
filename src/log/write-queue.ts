import { BufferPool } from "../base/buffer-pool.ts";
import { nextTurn } from "../io/next-turn.ts";
import { type Clock, type Timers } from "../io/ports.ts";
import { ReadAhead } from "./reading/read-ahead.ts";
import { OpenFiles } from "./segment/open-files.ts";
import { TailCache } from "./tail-cache.ts";
import { WriteChoice } from "./write-choice.ts";

/** What the queue needs of a log. */
export interface Writable {
  /** Appended, and the operating system does not have it; what a thread is writing is among it. */
  readonly pendingBytes: number;
  readonly isWriting: boolean;
  /** A flush is under way that acknowledgements wait for: it is best not to write meanwhile. `goOn` is called then. */
  readonly isFlushAwaited: boolean;
  /** It waits to be written at the end of a turn: whoever adds it notes it here. */
  isQueued: boolean;
  /** Hands all appended bytes to the operating system in one call; does not throw because of the disk. */
  writePending(): void;
  /** As `writePending`, in the thread pool. */
  writePendingAsync(): Promise<void>;
  /** Resolves when no thread is writing to the log. */
  settle(): Promise<void>;
}

export interface WriteQueueOptions {
  readonly timers: Timers;
  /** With a clock to time writes by, it is chosen which of them the thread pool does; without, none. */
  readonly clock?: Clock;
  readonly choice?: Pick<WriteChoice, "wayFor" | "note">;
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
const behindBytes = 67_108_864;

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
  readonly #clock: Clock | undefined;
  readonly #choice: Pick<WriteChoice, "wayFor" | "note">;
  #waiting: Writable[] = [];
  #appending: (() => void)[] = [];
  /** Whether the end of this turn is waited for. */
  #isEndAwaited = false;
  /** Logs that a thread is writing to, and how many bytes they lack; those that have got more meanwhile are in `#later` too. */
  readonly #underWay = new Map<Writable, number>();
  readonly #later = new Set<Writable>();
  /** Those that the system is short of what it takes to write. */
  readonly #short = new Set<Writable>();
  #underWayBytes = 0;
  #isFlushing = false;
  /** Due when the flush that is under way has written all logs. */
  #afterFlush: (() => void)[] = [];
  readonly #endTurn = (): void => this.endTurn();

  constructor(options: WriteQueueOptions) {
    this.#timers = options.timers;
    this.#clock = options.clock;
    this.#choice = options.choice ?? new WriteChoice();
    this.openFiles = new OpenFiles(options.openFilesMax ?? openFilesMaxDefault);
    this.bufferPool = options.bufferPool ?? new BufferPool();
    this.readAhead = new ReadAhead(this.bufferPool, options.timers);
    this.tailCache = new TailCache(options.tailCacheBytes ?? tailCacheBytesDefault, this.bufferPool);
  }

  /**
   * The disk is behind, and so much waits for it that nobody should send the next request before the last one is answered.
   * Others are served meanwhile; the event loop waits for the disk only at four times as much (`WriteChoice`).
   */
  get isBehind(): boolean {
    return this.#underWayBytes > behindBytes;
  }

  /** Has `log` written at the end of this turn; the log sees to it that it is here once. */
  add(log: Writable): void {
    this.#awaitEnd();
    this.#waiting.push(log);
  }

  /** Calls `append` at the end of this turn, before the logs are written: so what it gathered is written with the turn. */
  beforeWriting(append: () => void): void {
    this.#awaitEnd();
    this.#appending.push(append);
  }

  #awaitEnd(): void {
    if (this.#isEndAwaited) return;
    this.#isEndAwaited = true;
    this.#timers.endOfTurn(this.#endTurn);
  }

  /** Has `log` written some time soon: now the system is short of what that takes. What it has counts as unwritten. */
  addLater(log: Writable): void {
    this.#note(log, this.#unwrittenWith(log));
    this.#later.add(log);
    if (this.#short.has(log)) return;
    this.#short.add(log);
    this.#timers.after(retryDelayMs, () => {
      this.#short.delete(log);
      this.goOn(log);
    });
  }

  /** What kept `log` from being written has ended. */
  goOn(log: Writable): void {
    this.#forgetUnderWay(log);
    if (!this.#later.delete(log) || log.isQueued) return;
    log.isQueued = true;
    this.add(log);
  }

  #forgetUnderWay(log: Writable): void {
    this.#underWayBytes -= this.#underWay.get(log) ?? 0;
    this.#underWay.delete(log);
  }

  /** Has `log` written now in the way that is chosen for it, beside the turns; false when that is to be tried again. */
  async writeBetweenTurns(log: Writable, writeNow: () => void): Promise<boolean> {
    const clock = this.#clock;
    if (clock === undefined) {
      writeNow();
      return true;
    }
    // What a thread is writing may lack what came behind.
    if (log.isWriting) {
      await log.settle();
      return false;
    }
    const startMs = clock.monotonicMs();
    const unwrittenBytes = this.#unwrittenWith(log);
    if (this.#choice.wayFor(false, unwrittenBytes, startMs) === "now") {
      writeNow();
      const endMs = clock.monotonicMs();
      this.#choice.note(endMs - startMs, endMs);
    } else {
      this.#note(log, unwrittenBytes);
      await this.#writeAside(log, startMs, clock);
    }
    return true;
  }

  /** Writes what waits, each log in the way that is chosen for it. Throws as `flush`. */
  endTurn(): void {
    const appending = this.#appending;
    this.#appending = [];
    const errors: unknown[] = [];
    for (const append of appending) attempt(append, errors);
    this.#isEndAwaited = false;
    // Both those and what follows from the writes are for the next turn.
    if (this.#appending.length > 0) this.#awaitEnd();
    this.#write(this.#clock, errors);
  }

  /**
   * Writes what waits, now, also what a thread is writing. Appends that follow from it wait for the next turn.
   * @throws what a log has thrown, a bug there or in who listens to it, when all the others are written
   */
  flush(): void {
    for (const log of this.#underWay.keys()) if (!this.#waiting.includes(log)) this.#waiting.push(log);
    this.#later.clear();
    this.#write(undefined);
  }

  /** Writes what waits; with a clock to time it by in the way that is chosen for each log. */
  #write(clock: Clock | undefined, errors: unknown[] = []): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isFlushing = true;
    let nowMs = clock?.monotonicMs() ?? 0;
    for (const log of waiting) {
      try {
        if (clock === undefined) log.writePending();
        else nowMs = this.#writeInSomeWay(log, nowMs, clock);
      } catch (error) {
        errors.push(error);
      }
    }
    this.#isFlushing = false;
    const afterFlush = this.#afterFlush;
    this.#afterFlush = [];
    for (const act of afterFlush) attempt(act, errors);
    if (errors.length > 0) throw errors[0];
  }

  /** Returns what time it is then. */
  #writeInSomeWay(log: Writable, nowMs: number, clock: Clock): number {
    const unwrittenBytes = this.#unwrittenWith(log);
    // However much it is, to try at once would only fail again.
    const way = this.#short.has(log)
      ? "later"
      : this.#choice.wayFor(log.isWriting || log.isFlushAwaited, unwrittenBytes, nowMs);
    if (way === "now") {
      log.writePending();
      const endMs = clock.monotonicMs();
      this.#choice.note(endMs - nowMs, endMs);
      return endMs;
    }
    this.#note(log, unwrittenBytes);
    if (way === "later") {
      this.#later.add(log);
      // What is appended meanwhile brings it here again: it counts, and may be too much to be left.
      log.isQueued = false;
    } else void this.#writeAside(log, nowMs, clock);
    return nowMs;
  }

  /** What waits for threads, with all that `log` has. */
  #unwrittenWith(log: Writable): number {
    return this.#underWayBytes + log.pendingBytes - (this.#underWay.get(log) ?? 0);
  }

  #note(log: Writable, unwrittenBytes: number): void {
    this.#underWayBytes = unwrittenBytes;
    this.#underWay.set(log, log.pendingBytes);
  }

  /** What its listeners throw is nobody's to catch, as in `#write`. */
  async #writeAside(log: Writable, startMs: number, clock: Clock): Promise<void> {
    try {
      await log.writePendingAsync();
    } finally {
      const endMs = clock.monotonicMs();
      this.#choice.note(endMs - startMs, endMs);
      this.goOn(log);
    }
  }

  /** Resolves when this turn of the event loop has ended. */
  nextTurn(): Promise<void> {
    return nextTurn(this.#timers);
  }

  /** Calls `act` when all that is being written is written; at once when nothing is. */
  whenAllAreWritten(act: () => void): void {
    if (this.#isFlushing) this.#afterFlush.push(act);
    else act();
  }
}

function attempt(act: () => void, errors: unknown[]): void {
  try {
    act();
  } catch (error) {
    errors.push(error);
  }
}
