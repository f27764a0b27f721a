import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Disk, type DiskFile } from "../../io/ports.ts";
import { BatchView } from "../../protocol/records/batch-header.ts";
import {
  cleanedSuffix,
  logSuffix,
  offsetIndexSuffix,
  segmentFileName,
  segmentSuffixes,
  timeIndexSuffix,
  transactionIndexSuffix,
} from "../log-files.ts";
import { OffsetIndex } from "../segment/offset-index.ts";
import { TimeIndex } from "../segment/time-index.ts";
import { type AbortedTransaction, TransactionIndex } from "../segment/transaction-index.ts";

/** A segment while the cleaner writes it: the files of a segment under names that say so. */
export class CleanedSegment {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #baseOffset: Offset;
  readonly #file: DiskFile;
  readonly #offsetIndex: OffsetIndex;
  readonly #timeIndex: TimeIndex;
  readonly #transactionIndex: TransactionIndex;
  readonly #indexIntervalBytes: number;
  readonly #buffer: Buffer;
  #bufferedBytes = 0;
  #writtenBytes = 0;
  #bytesSinceIndexEntry = 0;
  #maxTimestamp: TimestampMs = -1;
  #offsetOfMaxTimestamp: Offset;

  constructor(disk: Disk, directory: string, baseOffset: Offset, indexIntervalBytes: number, bufferBytes: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#baseOffset = baseOffset;
    this.#offsetOfMaxTimestamp = baseOffset;
    this.#indexIntervalBytes = indexIntervalBytes;
    this.#buffer = Buffer.allocUnsafe(bufferBytes);
    this.remove();
    this.#file = disk.open(this.#path(logSuffix), "create");
    this.#offsetIndex = new OffsetIndex(disk, this.#path(offsetIndexSuffix), baseOffset);
    this.#timeIndex = new TimeIndex(disk, this.#path(timeIndexSuffix), baseOffset);
    this.#transactionIndex = new TransactionIndex(disk, this.#path(transactionIndexSuffix));
  }

  get sizeBytes(): number {
    return this.#writtenBytes + this.#bufferedBytes;
  }

  append(bytes: Buffer): void {
    const { lastOffset, maxTimestamp } = new BatchView(bytes, 0);
    if (maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = maxTimestamp;
      this.#offsetOfMaxTimestamp = lastOffset;
    }
    if (this.#bytesSinceIndexEntry > this.#indexIntervalBytes) {
      this.#offsetIndex.append(lastOffset, this.sizeBytes);
      this.#timeIndex.maybeAppend(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += bytes.length;
    this.#write(bytes);
  }

  addAborted(transaction: AbortedTransaction): void {
    this.#transactionIndex.append(transaction);
  }

  /** Makes all of it durable; `modifiedMs` is for retention, which goes by it where records have no timestamp. */
  finish(modifiedMs: TimestampMs): void {
    this.#flushBuffer();
    this.#timeIndex.maybeAppend(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
    this.#offsetIndex.file.save(true);
    this.#timeIndex.file.save(true);
    this.#transactionIndex.save(true);
    this.#file.sync();
    this.#file.close();
    this.#disk.setModifiedMs(this.#path(logSuffix), modifiedMs);
  }

  /** Whatever is in the place of its files goes away. */
  remove(): void {
    for (const suffix of segmentSuffixes) this.#disk.remove(this.#path(suffix));
  }

  close(): void {
    this.#file.close();
  }

  #write(bytes: Buffer): void {
    if (bytes.length > this.#buffer.length - this.#bufferedBytes) this.#flushBuffer();
    if (bytes.length > this.#buffer.length) {
      this.#file.write([bytes], this.#writtenBytes);
      this.#writtenBytes += bytes.length;
      return;
    }
    this.#bufferedBytes += bytes.copy(this.#buffer, this.#bufferedBytes);
  }

  #flushBuffer(): void {
    if (this.#bufferedBytes === 0) return;
    this.#file.write([this.#buffer.subarray(0, this.#bufferedBytes)], this.#writtenBytes);
    this.#writtenBytes += this.#bufferedBytes;
    this.#bufferedBytes = 0;
  }

  #path(suffix: string): string {
    return `${this.#directory}/${segmentFileName(this.#baseOffset, suffix)}${cleanedSuffix}`;
  }
}
