import { assert } from "../base/assert.ts";
import { type Offset, type TimestampMs } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import { batchHeaderSizeBytes, BatchView } from "../protocol/records/batch-header.ts";
import { batchSizeAt, scanHeaders } from "./batch-scan.ts";
import { type LogConfig, rollMs } from "./log-config.ts";
import {
  cleanedSuffix,
  deletedSuffix,
  logSuffix,
  offsetIndexSuffix,
  segmentFileName,
  segmentSuffixes,
  timeIndexSuffix,
  transactionIndexSuffix,
} from "./log-files.ts";
import { OffsetIndex, relativeOffsetMax } from "./offset-index.ts";
import { type OpenFiles } from "./open-files.ts";
import { SegmentFile } from "./segment-file.ts";
import { TimeIndex } from "./time-index.ts";
import { TransactionIndex } from "./transaction-index.ts";

export interface SegmentPlace {
  readonly disk: Disk;
  readonly directory: string;
  readonly rollJitterMs: number;
  readonly indexIntervalBytes: number;
  /** How long a new segment's file is from the start (`preallocate`); 0 when it grows as it is written. */
  readonly preallocatedBytes: number;
  readonly openFiles?: OpenFiles;
}

/**
 * A run of the log in one file, and its indexes.
 *
 *        0            writtenBytes      sizeBytes
 *        |  in the file    | waits for    |
 *        |                 | the queue    |
 */
export class Segment {
  readonly baseOffset: Offset;
  readonly file: SegmentFile;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly transactionIndex: TransactionIndex;
  /** By how much the roll by time comes earlier, so that the segments of many logs do not roll at once. */
  readonly rollJitterMs: number;
  /** Bytes appended. */
  sizeBytes = 0;
  /** Bytes of them that the operating system has. */
  writtenBytes = 0;
  readonly #disk: Disk;
  readonly #indexIntervalBytes: number;
  #directory: string;
  /** Behind the usual names of the files; "" for a segment of the log that nothing is happening to. */
  #suffix = "";
  #createdMs: TimestampMs;
  #bytesSinceIndexEntry = 0;
  /** The file is this long though less is written; 0 when it is as long as what is written. */
  #preallocatedBytes = 0;
  /** Undefined until the time index was looked into. */
  #maxTimestamp: TimestampMs | undefined;
  #offsetOfMaxTimestamp: Offset;
  /** Largest timestamp of the first batch; undefined until it is known. */
  #firstTimestamp: TimestampMs | undefined;
  #offsetIndexIsChecked = true;
  #timeIndexIsChecked = true;
  /** Entries of the offset index that were found in its file: each is checked when it is used. */
  #foundEntries = 0;

  private constructor(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs) {
    const { disk, directory } = place;
    const path = (suffix: string): string => `${directory}/${segmentFileName(baseOffset, suffix)}`;
    this.#disk = disk;
    this.#directory = directory;
    this.baseOffset = baseOffset;
    this.file = new SegmentFile(disk, path(logSuffix), place.openFiles);
    this.offsetIndex = new OffsetIndex(disk, path(offsetIndexSuffix), baseOffset);
    this.timeIndex = new TimeIndex(disk, path(timeIndexSuffix), baseOffset);
    this.transactionIndex = new TransactionIndex(disk, path(transactionIndexSuffix));
    this.rollJitterMs = place.rollJitterMs;
    this.#indexIntervalBytes = place.indexIntervalBytes;
    this.#createdMs = nowMs;
    this.#offsetOfMaxTimestamp = baseOffset;
  }

  /** A new, empty segment; files that are in its place go away. */
  static create(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs): Segment {
    const { disk, directory } = place;
    const segment = new Segment(place, baseOffset, nowMs);
    segment.#maxTimestamp = -1;
    for (const suffix of segmentSuffixes) disk.remove(`${directory}/${segmentFileName(baseOffset, suffix)}`);
    const file = disk.open(segment.file.path, "create");
    try {
      if (place.preallocatedBytes > 0) file.truncate(place.preallocatedBytes);
    } finally {
      file.close();
    }
    segment.#preallocatedBytes = place.preallocatedBytes;
    return segment;
  }

  /** The segment whose `.log` file is there; `files` are all of the directory. */
  static load(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs, files: ReadonlySet<string>): Segment {
    const segment = new Segment(place, baseOffset, nowMs);
    const has = (suffix: string): boolean => files.has(segmentFileName(baseOffset, suffix));
    segment.#takeFiles(has(transactionIndexSuffix));
    return segment;
  }

  /** The segment that the cleaner has written, under the names of `.cleaned` files. */
  static loadCleaned(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs): Segment {
    const segment = new Segment(place, baseOffset, nowMs);
    segment.#setPaths(cleanedSuffix);
    segment.#takeFiles(true);
    return segment;
  }

  /** Largest timestamp of its batches; -1 when it has none. */
  get maxTimestamp(): TimestampMs {
    if (this.#maxTimestamp === undefined) {
      this.#checkTimeIndex();
      this.#maxTimestamp ??= this.timeIndex.lastTimestamp;
      this.#offsetOfMaxTimestamp = this.timeIndex.lastOffset;
    }
    return this.#maxTimestamp;
  }

  /** Last offset of the batch that has the largest timestamp. */
  get offsetOfMaxTimestamp(): Offset {
    return this.maxTimestamp < 0 ? this.baseOffset : this.#offsetOfMaxTimestamp;
  }

  /** For retention: the largest timestamp, or when the file was last changed if its records have none. */
  get ageTimestamp(): TimestampMs {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.#disk.stat(this.file.path).modifiedMs;
  }

  /** Largest timestamp of the first batch; -1 when it has none. */
  get firstTimestamp(): TimestampMs {
    if (this.#firstTimestamp === undefined) {
      this.#firstTimestamp = -1;
      scanHeaders(this.file.use(), 0, this.writtenBytes, (batch) => {
        this.#firstTimestamp = batch.maxTimestamp;
        return false;
      });
    }
    return this.#firstTimestamp;
  }

  canHold(offset: Offset): boolean {
    return offset - this.baseOffset <= relativeOffsetMax;
  }

  /** Whether a batch has to go to a new segment. */
  shouldRoll(
    config: LogConfig,
    batchSizeBytes: number,
    lastOffset: Offset,
    maxTimestamp: TimestampMs,
    nowMs: TimestampMs,
  ): boolean {
    if (this.sizeBytes > config.segmentBytes - batchSizeBytes || !this.canHold(lastOffset)) return true;
    if (this.offsetIndex.isFull(config.segmentIndexBytes) || this.timeIndex.isFull(config.segmentIndexBytes))
      return true;
    if (this.sizeBytes === 0) return false;
    return this.#timeWaitedForRoll(maxTimestamp, nowMs) > rollMs(config) - this.rollJitterMs;
  }

  /** Notes a batch of which the bytes go to the segment's end. */
  append(sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    if (this.sizeBytes === 0) this.#firstTimestamp = maxTimestamp;
    if (maxTimestamp > this.maxTimestamp) {
      this.#maxTimestamp = maxTimestamp;
      this.#offsetOfMaxTimestamp = lastOffset;
    }
    if (this.#bytesSinceIndexEntry > this.#indexIntervalBytes) {
      this.offsetIndex.append(lastOffset, this.sizeBytes);
      this.timeIndex.maybeAppend(this.maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#bytesSinceIndexEntry = 0;
    }
    this.sizeBytes += sizeBytes;
    this.#bytesSinceIndexEntry += sizeBytes;
  }

  /**
   * Position of a batch that ends at or before `offset`, near it: where a scan for `offset` starts. It may be at or behind
   * `writtenBytes`.
   */
  scanStartFor(offset: Offset): number {
    this.#checkOffsetIndex();
    const slot = this.offsetIndex.slotFor(offset);
    if (slot < 0) return 0;
    if (this.#entryFits(slot)) return this.offsetIndex.positionAt(slot);
    this.rebuildIndexes();
    return this.offsetIndex.positionFor(offset);
  }

  /** Position of the first batch that ends at or behind `offset`; the file's end when there is none. */
  positionOf(offset: Offset): number {
    return scanHeaders(
      this.file.use(),
      this.scanStartFor(offset),
      this.writtenBytes,
      (batch) => batch.lastOffset < offset,
    );
  }

  /** Offset behind the last batch that is in the file. */
  readNextOffset(): Offset {
    let nextOffset = this.baseOffset;
    scanHeaders(this.file.use(), this.scanStartFor(Infinity), this.writtenBytes, (batch) => {
      nextOffset = batch.lastOffset + 1;
      return true;
    });
    return nextOffset;
  }

  /** Cuts the segment before the batch that has `offset`; nothing may wait to be written. */
  truncateTo(offset: Offset, nowMs: TimestampMs): void {
    assert(this.writtenBytes === this.sizeBytes, "a segment is truncated when all its bytes are written");
    this.#checkTimeIndex();
    const position = this.positionOf(offset);
    this.offsetIndex.truncateTo(offset);
    this.#foundEntries = Math.min(this.#foundEntries, this.offsetIndex.count);
    this.timeIndex.truncateTo(offset);
    this.transactionIndex.truncateTo(offset);
    this.cutAt(position);
    if (position === 0) {
      this.#createdMs = nowMs;
      this.#firstTimestamp = undefined;
    }
    this.#readMaxTimestamp(position);
  }

  /**
   * Cuts what follows the last whole batch, so that the next one is written where readers look for it. Returns the offset
   * behind that batch.
   */
  cutBehindBatches(): Offset {
    let nextOffset = this.baseOffset;
    const end = scanHeaders(this.file.use(), this.scanStartFor(Infinity), this.writtenBytes, (batch) => {
      nextOffset = batch.lastOffset + 1;
      return true;
    });
    if (end < this.sizeBytes) this.cutAt(end);
    return nextOffset;
  }

  /**
   * Takes what the segment and its indexes have before `offset`, which was durable, as it is, and returns the position of
   * the batch that starts there. Undefined when they do not fit together: all of the segment has to be read then.
   */
  resumeAt(offset: Offset): number | undefined {
    const { offsetIndex, timeIndex, transactionIndex } = this;
    this.#offsetIndexIsChecked = this.#timeIndexIsChecked = true;
    if (!offsetIndex.file.exists() || !offsetIndex.isSane(this.writtenBytes)) return undefined;
    if (!timeIndex.file.exists() || !timeIndex.isSane()) return undefined;
    offsetIndex.truncateTo(offset);
    timeIndex.truncateTo(offset);
    transactionIndex.truncateTo(offset);
    this.#foundEntries = offsetIndex.count;
    const slot = offsetIndex.count - 1;
    if (slot < 0 || !this.#entryFits(slot) || !this.#timeIndexFits()) return undefined;
    const start = offsetIndex.positionAt(slot);
    let nextOffset = this.baseOffset;
    const position = scanHeaders(this.file.use(), start, this.writtenBytes, (batch) => {
      if (batch.baseOffset >= offset) return false;
      nextOffset = batch.nextOffset;
      return true;
    });
    if (nextOffset !== offset) return undefined;
    this.#readMaxTimestamp(position);
    this.#bytesSinceIndexEntry = position - start;
    return position;
  }

  /** Cuts the file; the indexes are the caller's matter. */
  cutAt(position: number): void {
    if (position < this.sizeBytes || this.#preallocatedBytes > 0) this.file.use().truncate(position);
    this.#preallocatedBytes = 0;
    this.sizeBytes = this.writtenBytes = position;
    this.#bytesSinceIndexEntry = 0;
  }

  /** Empties the indexes, to be filled again by `index` for each batch. */
  resetIndexes(): void {
    this.offsetIndex.file.truncate(0);
    this.timeIndex.file.truncate(0);
    this.transactionIndex.file.truncate(0);
    this.#forgetBatches();
  }

  /** Does for a batch that is in the file already what `append` does for a new one. */
  index(position: number, sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    const wholeSizeBytes = this.sizeBytes;
    this.sizeBytes = position;
    this.append(sizeBytes, lastOffset, maxTimestamp);
    this.sizeBytes = wholeSizeBytes;
  }

  /** The time index ends with the largest timestamp of a segment that is no longer written to. */
  finishIndexes(): void {
    this.timeIndex.maybeAppend(this.maxTimestamp, this.#offsetOfMaxTimestamp);
  }

  /** Nothing more is written to the segment: the index of times is ended, and the file is as long as what is in it. */
  finish(): void {
    assert(this.writtenBytes === this.sizeBytes, "a segment ends when all its bytes are written");
    this.finishIndexes();
    if (this.#preallocatedBytes > 0) this.file.use().truncate(this.writtenBytes);
    this.#preallocatedBytes = 0;
  }

  /**
   * The log is closed in good order: the indexes get whole. Those that do not reach the device are made anew when they are
   * looked at; what no segment can tell, which transactions were aborted, is made durable.
   */
  closeInOrder(): void {
    // Nobody has looked at the segment since it was loaded.
    if (this.#maxTimestamp === undefined && this.#preallocatedBytes === 0) return;
    this.finish();
    this.saveIndexes(false);
    this.transactionIndex.save(true);
  }

  /** Writes the indexes to their files. */
  saveIndexes(isDurable: boolean): void {
    this.#checkTimeIndex();
    this.offsetIndex.file.save(isDurable);
    this.timeIndex.file.save(isDurable);
    this.transactionIndex.save(isDurable);
  }

  /**
   * Makes what was written durable, and the indexes too when the segment has ended: recovery takes those that lie before
   * the recovery point as they are.
   */
  async flush(hasEnded: boolean): Promise<void> {
    await this.file.syncAsync();
    if (!hasEnded) return;
    await this.offsetIndex.file.saveDurably();
    await this.timeIndex.file.saveDurably();
    await this.transactionIndex.saveDurably();
  }

  /** Frees what an idle segment holds in memory and of descriptors. */
  releaseIfUnused(): void {
    this.file.closeIfUnused();
    this.offsetIndex.file.releaseIfUnused();
    this.timeIndex.file.releaseIfUnused();
    this.transactionIndex.file.releaseIfUnused();
  }

  /** Frees what loading took: most segments are not used for long after a start. */
  release(): void {
    this.file.close();
    this.offsetIndex.file.release();
    this.timeIndex.file.release();
    this.transactionIndex.file.release();
  }

  close(): void {
    this.file.close();
  }

  /** The partition's directory has another name. */
  moveTo(directory: string): void {
    this.#directory = directory;
    this.#setPaths(this.#suffix);
  }

  /** Gives the files the suffix that says they are to be removed; they can still be read. */
  markDeleted(): void {
    this.changeSuffix(deletedSuffix);
  }

  /** Gives the files other names, the `.log` file the last: where it is, its indexes are. */
  changeSuffix(suffix: string): void {
    const { transactionIndex, timeIndex, offsetIndex, file } = this;
    const from = [transactionIndex.file.path, timeIndex.file.path, offsetIndex.file.path, file.path];
    this.#setPaths(suffix);
    const to = [transactionIndex.file.path, timeIndex.file.path, offsetIndex.file.path, file.path];
    for (const [index, path] of from.entries()) if (this.#disk.exists(path)) this.#disk.rename(path, to[index]!);
  }

  remove(): void {
    this.close();
    this.#disk.remove(this.file.path);
    this.#disk.remove(this.offsetIndex.file.path);
    this.#disk.remove(this.timeIndex.file.path);
    this.#disk.remove(this.transactionIndex.file.path);
  }

  /** Makes the files that are there the segment's. */
  #takeFiles(hasTransactionIndex: boolean): void {
    this.sizeBytes = this.writtenBytes = this.#disk.stat(this.file.path).sizeBytes;
    this.offsetIndex.file.reload();
    this.timeIndex.file.reload();
    if (hasTransactionIndex) this.transactionIndex.file.reload();
    this.#offsetIndexIsChecked = this.#timeIndexIsChecked = false;
  }

  #setPaths(suffix: string): void {
    this.#suffix = suffix;
    const path = (kind: string): string => `${this.#directory}/${segmentFileName(this.baseOffset, kind)}${suffix}`;
    this.file.moveTo(path(logSuffix));
    this.offsetIndex.file.moveTo(path(offsetIndexSuffix));
    this.timeIndex.file.moveTo(path(timeIndexSuffix));
    this.transactionIndex.file.moveTo(path(transactionIndexSuffix));
  }

  #timeWaitedForRoll(maxTimestamp: TimestampMs, nowMs: TimestampMs): number {
    const first = this.firstTimestamp;
    return first >= 0 ? maxTimestamp - first : nowMs - this.#createdMs;
  }

  /** The largest timestamp of the batches before `end`. */
  #readMaxTimestamp(end: number): void {
    this.#maxTimestamp = this.timeIndex.lastTimestamp;
    this.#offsetOfMaxTimestamp = this.timeIndex.lastOffset;
    scanHeaders(this.file.use(), this.scanStartFor(this.#offsetOfMaxTimestamp), end, (batch) => {
      if (batch.maxTimestamp > this.maxTimestamp) {
        this.#maxTimestamp = batch.maxTimestamp;
        this.#offsetOfMaxTimestamp = batch.lastOffset;
      }
      return true;
    });
  }

  /** Makes the offset and time indexes from the batches' headers. */
  rebuildIndexes(): void {
    const maxTimestamp = this.#maxTimestamp ?? -1;
    const offsetOfMaxTimestamp = this.#offsetOfMaxTimestamp;
    this.offsetIndex.file.truncate(0);
    this.timeIndex.file.truncate(0);
    this.#forgetBatches();
    scanHeaders(this.file.use(), 0, this.writtenBytes, (batch, position) => {
      this.index(position, batch.sizeInBytes, batch.lastOffset, batch.maxTimestamp);
      return true;
    });
    if (maxTimestamp > this.maxTimestamp) {
      // It is that of a batch which waits to be written.
      this.#maxTimestamp = maxTimestamp;
      this.#offsetOfMaxTimestamp = offsetOfMaxTimestamp;
    }
    // The files that were no good must not come back when memory is released.
    this.finishIndexes();
    this.offsetIndex.file.save(false);
    this.timeIndex.file.save(false);
  }

  #forgetBatches(): void {
    this.#maxTimestamp = -1;
    this.#offsetOfMaxTimestamp = this.baseOffset;
    this.#firstTimestamp = undefined;
    this.#bytesSinceIndexEntry = 0;
    this.#offsetIndexIsChecked = this.#timeIndexIsChecked = true;
    this.#foundEntries = 0;
  }

  /** Index files that do not fit the segment (lost, cut, overwritten) are made anew before anything relies on them. */
  #checkOffsetIndex(): void {
    if (this.#offsetIndexIsChecked) return;
    this.#offsetIndexIsChecked = true;
    if (this.offsetIndex.file.exists() && this.offsetIndex.isSane(this.writtenBytes)) {
      this.#foundEntries = this.offsetIndex.count;
    } else this.rebuildIndexes();
  }

  #checkTimeIndex(): void {
    if (this.#timeIndexIsChecked) return;
    this.#timeIndexIsChecked = true;
    this.#checkOffsetIndex();
    const isGood = this.timeIndex.file.exists() && this.timeIndex.isSane() && this.#timeIndexFits();
    if (!isGood) this.rebuildIndexes();
  }

  /** Whether the batch that an offset index entry points at has its offset: not so when the file is another segment's. */
  #entryFits(slot: number): boolean {
    if (slot >= this.#foundEntries) return true;
    const header = Buffer.allocUnsafe(batchHeaderSizeBytes);
    const length = this.file.use().read(header, this.offsetIndex.positionAt(slot));
    if (length < batchHeaderSizeBytes || batchSizeAt(header, 0) < 0) return false;
    return new BatchView(header, 0).lastOffset === this.offsetIndex.offsetAt(slot);
  }

  /** Whether the last entry of the time index is that of a batch: not so when the file is another segment's. */
  #timeIndexFits(): boolean {
    if (this.timeIndex.count === 0) return this.writtenBytes === 0;
    const { lastOffset, lastTimestamp } = this.timeIndex;
    let fits = false;
    scanHeaders(this.file.use(), this.scanStartFor(lastOffset), this.writtenBytes, (batch) => {
      fits = batch.lastOffset === lastOffset && batch.maxTimestamp === lastTimestamp;
      return batch.lastOffset < lastOffset;
    });
    return fits;
  }
}
