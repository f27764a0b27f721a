import { type Offset, type ProducerId } from "../../base/brand.ts";
import { readInt64, writeInt64 } from "../../base/int64.ts";
import { type Disk } from "../../io/ports.ts";
import { IndexFile } from "./index-file.ts";

const entrySizeBytes = 34;
const currentVersion = 0;
const lastOffsetAt = 18;

function markerOffsetAt(entries: Buffer, start: number): number {
  return readInt64(entries, start + lastOffsetAt);
}

export interface AbortedTransaction {
  readonly producerId: ProducerId;
  readonly firstOffset: Offset;
  /** Where its marker is. */
  readonly lastOffset: Offset;
  /** The last stable offset once this transaction had ended. */
  readonly lastStableOffset: Offset;
}

/**
 * The transactions whose abort marker is in this segment, in the order of their markers. An entry is a version (int16),
 * then four int64: producer id, first offset, last offset, last stable offset. The file exists only when there is one.
 */
export class TransactionIndex {
  readonly file: IndexFile;
  readonly #disk: Disk;

  constructor(disk: Disk, path: string) {
    this.file = new IndexFile(disk, path, entrySizeBytes);
    this.#disk = disk;
  }

  get count(): number {
    return this.file.count;
  }

  append(transaction: AbortedTransaction): void {
    const start = this.file.grow();
    const bytes = this.file.bytes();
    bytes.writeInt16BE(currentVersion, start);
    writeInt64(bytes, start + 2, transaction.producerId);
    writeInt64(bytes, start + 10, transaction.firstOffset);
    writeInt64(bytes, start + lastOffsetAt, transaction.lastOffset);
    writeInt64(bytes, start + 26, transaction.lastStableOffset);
  }

  at(slot: number): AbortedTransaction {
    const bytes = this.file.bytes();
    const start = slot * entrySizeBytes;
    return {
      producerId: readInt64(bytes, start + 2),
      firstOffset: readInt64(bytes, start + 10),
      lastOffset: readInt64(bytes, start + lastOffsetAt),
      lastStableOffset: readInt64(bytes, start + 26),
    };
  }

  /**
   * Adds to `found` the transactions that overlap [`startOffset`, `endOffset`); true when no later segment can have
   * another one.
   */
  collect(startOffset: Offset, endOffset: Offset, found: AbortedTransaction[]): boolean {
    const { count } = this.file;
    // Markers ascend; the first that is at or behind the start.
    for (let slot = this.file.countAtMost(startOffset - 1, markerOffsetAt); slot < count; slot++) {
      const transaction = this.at(slot);
      if (transaction.firstOffset < endOffset) found.push(transaction);
      if (transaction.lastStableOffset >= endOffset) return true;
    }
    return false;
  }

  /** Removes the transactions whose marker is at or above `offset`. */
  truncateTo(offset: Offset): void {
    let count = this.file.count;
    while (count > 0 && this.at(count - 1).lastOffset >= offset) count--;
    this.file.truncate(count);
  }

  save(isDurable: boolean): void {
    if (this.file.count > 0 || this.#disk.exists(this.file.path)) this.file.save(isDurable);
  }

  /** False when there is nothing to save. The file's name is not durable by it: it may be new. */
  async saveDurably(): Promise<boolean> {
    const isThere = this.file.count > 0 || this.#disk.exists(this.file.path);
    if (isThere) await this.file.saveDurably();
    return isThere;
  }

  /** Whether markers ascend and stand behind what they end: not so in an entry of zeros, which a crash may leave. */
  isSane(baseOffset: Offset): boolean {
    if (!this.file.isWhole) return false;
    const bytes = this.file.bytes();
    let lastOffset = baseOffset - 1;
    for (let slot = 0; slot < this.file.count; slot++) {
      const transaction = this.at(slot);
      if (bytes.readInt16BE(slot * entrySizeBytes) !== currentVersion) return false;
      if (transaction.lastOffset <= lastOffset || transaction.firstOffset >= transaction.lastOffset) return false;
      lastOffset = transaction.lastOffset;
    }
    return true;
  }
}
