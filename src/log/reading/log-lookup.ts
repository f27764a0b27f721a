import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Compute, DiskError } from "../../io/ports.ts";
import { Errors } from "../../protocol/errors.ts";
import { type LogStorage } from "../log-storage.ts";
import { type LogWriter } from "../log-writer.ts";
import { type AbortedTransaction } from "../segment/transaction-index.ts";
import { offsetForTimestamp, offsetOfMaxTimestamp, type TimestampedOffset } from "./timestamp-search.ts";
import { type WriteQueue } from "../write-queue.ts";

export type StorageError = typeof Errors.KAFKA_STORAGE_ERROR;

/** What the indexes of a log's segments find: offsets by time, and the transactions that were aborted. */
export class LogLookup {
  readonly #storage: LogStorage;
  readonly #writer: LogWriter;
  readonly #writeQueue: WriteQueue;

  constructor(storage: LogStorage, writer: LogWriter, writeQueue: WriteQueue) {
    this.#storage = storage;
    this.#writer = writer;
    this.#writeQueue = writeQueue;
  }

  abortedTransactions(startOffset: Offset, endOffset: Offset): AbortedTransaction[] | StorageError {
    const storage = this.#storage;
    const found: AbortedTransaction[] = [];
    if (!storage.isUsable) return Errors.KAFKA_STORAGE_ERROR;
    try {
      for (const segment of storage.segments.from(startOffset)) {
        if (segment.indexes.transactions.collect(startOffset, endOffset, found)) break;
      }
      return found;
    } catch (error) {
      storage.refuse(error);
      return Errors.KAFKA_STORAGE_ERROR;
    }
  }

  offsetForTimestamp(timestamp: TimestampMs, compute: Compute): Promise<TimestampedOffset | StorageError | undefined> {
    const { segments, startOffset } = this.#storage;
    return this.#search(() => offsetForTimestamp(segments, startOffset, timestamp, compute, () => this.#nextTurn()));
  }

  offsetOfMaxTimestamp(compute: Compute): Promise<TimestampedOffset | StorageError | undefined> {
    return this.#search(async () => {
      // The newest batch is looked for in the file.
      await this.#writer.handOver();
      return offsetOfMaxTimestamp(this.#storage.segments, compute, () => this.#nextTurn());
    });
  }

  /** A log that is closed meanwhile is left alone: its files may be gone, and others may have their names. */
  async #nextTurn(): Promise<void> {
    await this.#writeQueue.nextTurn();
    if (!this.#storage.isUsable) throw new DiskError("ENOENT", `${this.#storage.name} is not served any more`);
  }

  async #search<T>(search: () => Promise<T>): Promise<T | StorageError> {
    const { segments, isUsable } = this.#storage;
    if (!isUsable) return Errors.KAFKA_STORAGE_ERROR;
    const { removals } = segments;
    try {
      return await search();
    } catch (error) {
      // It goes on over turns, and the log or the segment that it was in may have been deleted in one of them.
      const mayBeGone = segments.removals !== removals || !this.#storage.isUsable;
      if (!mayBeGone || !(error instanceof DiskError) || error.code !== "ENOENT") this.#storage.refuse(error);
      return Errors.KAFKA_STORAGE_ERROR;
    }
  }
}
