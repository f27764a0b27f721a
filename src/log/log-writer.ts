import { type Offset } from "../base/brand.ts";
import { DiskError } from "../io/ports.ts";
import { type LogFlusher } from "./log-flusher.ts";
import { type LogStorage } from "./log-storage.ts";
import { type Writable, type WriteQueue } from "./write-queue.ts";

/**
 * Hands what was appended to a log to the operating system when the turn of the event loop ends, and tells when it counts as
 * written: with `flush.messages` not before it is durable.
 */
export class LogWriter implements Writable {
  /** Called when more of the log counts as written. */
  onWritten: () => void = doNothing;
  /** It waits to be written: appends need not tell the queue. */
  isQueued = false;
  readonly #storage: LogStorage;
  readonly #flusher: LogFlusher;
  readonly #writeQueue: WriteQueue;
  #appendedBytes = 0;
  #writtenBytes = 0;
  #writing: Promise<void> | undefined;
  /** A flush is under way, and acknowledgements wait for it. */
  #isFlushAwaited = false;

  constructor(storage: LogStorage, flusher: LogFlusher, writeQueue: WriteQueue) {
    this.#storage = storage;
    this.#flusher = flusher;
    this.#writeQueue = writeQueue;
  }

  /** Bytes that count as written since the log was opened: a measure of progress that goes with `writtenOffset`. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** So many bytes have come into the log's tail. */
  onAppended(sizeBytes: number): void {
    this.#appendedBytes += sizeBytes;
    if (this.isQueued) return;
    this.isQueued = true;
    this.#writeQueue.add(this);
  }

  /** Hands what was appended to the operating system; never throws because of the disk. */
  writePending(): void {
    const storage = this.#storage;
    this.isQueued = false;
    if (!storage.isUsable || storage.writtenOffset === storage.endOffset) return;
    try {
      storage.writeBehind.writeAll();
    } catch (error) {
      storage.refuse(error);
      this.#retryLater();
      return;
    }
    this.#onHandedOver(storage.endOffset, this.#appendedBytes);
  }

  /** Hands what was appended before the call to the operating system, in the way that is best now, and tells nobody. */
  async handOver(): Promise<void> {
    const storage = this.#storage;
    const segments = storage.writeBehind.segments().map((segment) => ({ segment, end: segment.sizeBytes }));
    const isBehind = (): boolean =>
      storage.isUsable && segments.some(({ segment, end }) => segment.writtenBytes < Math.min(end, segment.sizeBytes));
    const writeNow = (): void => storage.writeBehind.writeAll();
    // Once for what a thread is writing already, once for the rest, and once where somebody else was faster.
    for (let tries = 0; tries < 3 && isBehind(); tries++) {
      if (await this.#writeQueue.writeBetweenTurns(this, writeNow)) break;
    }
    // A thread that could not write has left it to be tried again later, and the flush would not be one.
    if (isBehind()) writeNow();
  }

  get pendingBytes(): number {
    return this.#storage.isUsable ? this.#storage.writeBehind.sizeBytes : 0;
  }

  get isWriting(): boolean {
    return this.#storage.writeBehind.isWriting;
  }

  /** As `writePending`, off the event loop; resolves when the log has told that it is written. */
  writePendingAsync(): Promise<void> {
    return (this.#writing = this.#writeAside());
  }

  /** Resolves when no thread is writing to the log any more: due before it is cut. */
  async settle(): Promise<void> {
    while (this.isWriting) await this.#writing;
  }

  async #writeAside(): Promise<void> {
    const storage = this.#storage;
    this.isQueued = false;
    if (!storage.isUsable || storage.writtenOffset === storage.endOffset) return;
    const { endOffset, tail } = storage;
    const appendedBytes = this.#appendedBytes;
    const { clears } = tail;
    try {
      await storage.writeBehind.writeAllAsync();
    } catch (error) {
      // A log that is closed or abandoned meanwhile has been written by then, or has no need of it.
      if (!storage.isClosed) storage.refuse(error);
      this.#retryLater();
      return;
    }
    // After a cut the log's end is another one; whoever could not wait for this write has told of a later one.
    if (!storage.isUsable || clears !== tail.clears || endOffset <= storage.writtenOffset) return;
    this.#onHandedOver(endOffset, appendedBytes);
  }

  /** The operating system has the log up to there. */
  #onHandedOver(endOffset: Offset, appendedBytes: number): void {
    if (this.#isFlushAwaited) return;
    if (this.#flusher.isDueByCount) void this.#acknowledgeFlushed();
    else this.#acknowledge(endOffset, appendedBytes);
  }

  /** What could not be written waits in the tail. */
  #retryLater(): void {
    if (this.#storage.isUsable) this.#writeQueue.addLater(this);
  }

  get isFlushAwaited(): boolean {
    return this.#isFlushAwaited;
  }

  #acknowledge(offset: Offset, appendedBytes: number): void {
    this.#writtenBytes = appendedBytes;
    this.#storage.writtenOffset = Math.min(offset, this.#storage.endOffset);
    this.onWritten();
  }

  /** As in Kafka, where the append itself flushes: what makes up `flush.messages` is durable when it is acknowledged. */
  async #acknowledgeFlushed(): Promise<void> {
    this.#isFlushAwaited = true;
    const { endOffset } = this.#storage;
    const appendedBytes = this.#appendedBytes;
    try {
      await this.#flusher.flush();
    } catch (error) {
      DiskError.from(error);
      // The owner of the directory has been told, if that failed.
      this.#isFlushAwaited = false;
      if (!this.#storage.isUsable) return this.#writeQueue.goOn(this);
      this.#writeQueue.addLater(this);
      return;
    }
    this.#isFlushAwaited = false;
    if (!this.#storage.isUsable) return this.#writeQueue.goOn(this);
    // Of a log that was cut meanwhile, what came in the place of the cut was not in that flush.
    const flushedOffset = Math.min(endOffset, this.#flusher.flushedOffset);
    this.#acknowledge(Math.max(flushedOffset, this.#storage.writtenOffset), appendedBytes);
    // What was appended meanwhile has not been acknowledged, whether or not it is written.
    this.#writeQueue.goOn(this);
    if (this.isQueued || this.#storage.writtenOffset === this.#storage.endOffset) return;
    this.isQueued = true;
    this.#writeQueue.add(this);
  }
}

function doNothing(): void {}
