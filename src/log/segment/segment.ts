import { assert } from "../../base/assert.ts";
import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { scanHeaders } from "../batch-scan.ts";
import { type LogConfig, rollMs } from "../log-config.ts";
import {
  cleanedSuffix,
  cutSuffix,
  deletedSuffix,
  logSuffix,
  segmentFileName,
  offsetIndexSuffix,
  segmentSuffixes,
  timeIndexSuffix,
  transactionIndexSuffix,
} from "../log-files.ts";
import { relativeOffsetMax } from "./offset-index.ts";
import { type OpenFiles } from "./open-files.ts";
import { SegmentFile } from "./segment-file.ts";
import { SegmentIndexes } from "./segment-indexes.ts";
import { type TimeIndex } from "./time-index.ts";
import { type TransactionIndex } from "./transaction-index.ts";

export interface SegmentPlace {
  readonly disk: Disk;
  readonly directory: string;
  readonly rollJitterMs: number;
  readonly indexIntervalBytes: number;
  /** How long a new segment's file is from the start (`preallocate`); 0 when it grows as it is written. */
  readonly preallocatedBytes: number;
  readonly openFiles?: OpenFiles;
}

/** What is known of a segment on the disk. */
export interface KnownSegment {
  readonly baseOffset: Offset;
  readonly sizeBytes: number;
  /** Whether there is a file of transactions that were aborted. */
  readonly hasTransactions: boolean;
  /** Files of its other indexes are missing. */
  readonly isUnindexed: boolean;
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
  /** Bytes appended. */
  sizeBytes = 0;
  readonly #disk: Disk;
  readonly #indexes: SegmentIndexes;
  /** By how much the roll by time comes earlier, so that the segments of many logs do not roll at once. */
  #rollJitterMs: number;
  #directory: string;
  /** Behind the usual names of the files; "" for a segment of the log that nothing is happening to. */
  #suffix = "";
  #createdMs: TimestampMs;
  /** The file is this long though less is written; 0 when it is as long as what is written. */
  #preallocatedBytes = 0;
  #isUnindexed = false;
  /** Largest timestamp of the first batch; undefined until it is known. */
  #firstTimestamp: TimestampMs | undefined;

  private constructor(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs) {
    const { disk, directory } = place;
    const pathOf = (suffix: string): string => `${directory}/${segmentFileName(baseOffset, suffix)}`;
    this.#disk = disk;
    this.#directory = directory;
    this.baseOffset = baseOffset;
    this.file = new SegmentFile(disk, pathOf(logSuffix), place.openFiles);
    this.#indexes = new SegmentIndexes(disk, pathOf, this.file, baseOffset, place.indexIntervalBytes);
    this.#rollJitterMs = place.rollJitterMs;
    this.#createdMs = nowMs;
  }

  /** A new, empty segment; files that are in its place go away. */
  static create(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs): Segment {
    const { disk, directory } = place;
    const segment = Segment.made(place, baseOffset, nowMs);
    for (const suffix of segmentSuffixes) disk.remove(`${directory}/${segmentFileName(baseOffset, suffix)}`);
    const file = disk.open(segment.file.path, "create");
    try {
      if (place.preallocatedBytes > 0) file.truncate(place.preallocatedBytes);
    } finally {
      file.close();
    }
    return segment;
  }

  /** A new, empty segment whose file was made before. */
  static made(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs): Segment {
    const segment = new Segment(place, baseOffset, nowMs);
    segment.#preallocatedBytes = place.preallocatedBytes;
    return segment;
  }

  /** The segment whose `.log` file is there; `files` are all of the directory. */
  static load(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs, files: ReadonlySet<string>): Segment {
    const segment = new Segment(place, baseOffset, nowMs);
    segment.#takeFiles(files.has(segmentFileName(baseOffset, transactionIndexSuffix)));
    const hasIndexes = [offsetIndexSuffix, timeIndexSuffix].every((kind) =>
      files.has(segmentFileName(baseOffset, kind)),
    );
    segment.#isUnindexed = !hasIndexes && segment.sizeBytes > 0;
    return segment;
  }

  /** A segment that was looked at before. */
  static known(place: SegmentPlace, nowMs: TimestampMs, known: KnownSegment): Segment {
    const segment = new Segment(place, known.baseOffset, nowMs);
    segment.sizeBytes = segment.writtenBytes = segment.file.flushedBytes = known.sizeBytes;
    segment.#indexes.load(known.hasTransactions);
    segment.#isUnindexed = known.isUnindexed;
    return segment;
  }

  /** The segment that the cleaner has written, under the names of `.cleaned` files. */
  static loadCleaned(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs): Segment {
    const segment = new Segment(place, baseOffset, nowMs);
    segment.#setPaths(cleanedSuffix);
    segment.#takeFiles(true);
    return segment;
  }

  /** Makes the files that are there the segment's. */
  #takeFiles(hasTransactions: boolean): void {
    this.sizeBytes = this.writtenBytes = this.#disk.stat(this.file.path).sizeBytes;
    this.file.flushedBytes = this.sizeBytes;
    this.#indexes.load(hasTransactions);
  }

  /** Bytes of it that the operating system has. */
  get writtenBytes(): number {
    return this.file.writtenBytes;
  }

  set writtenBytes(sizeBytes: number) {
    this.file.writtenBytes = sizeBytes;
  }

  get timeIndex(): TimeIndex {
    return this.#indexes.times;
  }

  get transactionIndex(): TransactionIndex {
    return this.#indexes.transactions;
  }

  /** Largest timestamp of its batches; -1 when it has none. */
  get maxTimestamp(): TimestampMs {
    return this.#indexes.maxTimestamp;
  }

  /** Whether `maxTimestamp` is in memory: of a segment that was found at a start only after somebody has asked for it. */
  get isMaxTimestampKnown(): boolean {
    return this.#indexes.isMaxTimestampKnown;
  }

  /** Last offset of the batch that has the largest timestamp. */
  get offsetOfMaxTimestamp(): Offset {
    return this.#indexes.offsetOfMaxTimestamp;
  }

  /** For retention: the largest timestamp, or when the file was last changed if its records have none. */
  get ageTimestamp(): TimestampMs {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.#disk.stat(this.file.path).modifiedMs;
  }

  /**
   * For retention. Most segments that were found at a start are young, and the last entry of their time index says so: they
   * are not looked into further. One that is to go is not believed that easily.
   */
  isOlderThan(timestamp: TimestampMs): boolean {
    return !(this.#indexes.peekMaxTimestamp() >= timestamp) && this.ageTimestamp < timestamp;
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

  /** Of its place, takes what depends on the topic's configuration. */
  configure({ rollJitterMs, indexIntervalBytes }: SegmentPlace): void {
    this.#rollJitterMs = rollJitterMs;
    this.#indexes.intervalBytes = indexIntervalBytes;
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
    if (this.#indexes.isFull(config.segmentIndexBytes)) return true;
    if (this.sizeBytes === 0) return false;
    return this.#timeWaitedForRoll(maxTimestamp, nowMs) > rollMs(config) - this.#rollJitterMs;
  }

  #timeWaitedForRoll(maxTimestamp: TimestampMs, nowMs: TimestampMs): number {
    const first = this.firstTimestamp;
    return first >= 0 ? maxTimestamp - first : nowMs - this.#createdMs;
  }

  /** Reads what `append` changes, if it was released or never used: that may fail, and `append` must not. */
  prepareAppend(mayAbort: boolean): void {
    this.#indexes.prepareAdd();
    if (mayAbort) this.transactionIndex.file.prepare();
  }

  /** Notes a batch of which the bytes go to the segment's end. */
  append(sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    if (this.sizeBytes === 0) this.#firstTimestamp = maxTimestamp;
    this.#indexes.add(this.sizeBytes, sizeBytes, lastOffset, maxTimestamp);
    this.sizeBytes += sizeBytes;
  }

  /**
   * Position of a batch that ends at or before `offset`, near it: where a scan for `offset` starts. It may be at or behind
   * `writtenBytes`.
   */
  scanStartFor(offset: Offset): number {
    return this.#indexes.scanStartFor(offset);
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
    this.#scanEnd((lastOffset) => (nextOffset = lastOffset + 1));
    return nextOffset;
  }

  /**
   * Cuts what follows the last whole batch, so that the next one is written where readers look for it. Returns the offset
   * behind that batch.
   */
  cutBehindBatches(): Offset {
    let nextOffset = this.baseOffset;
    const end = this.#scanEnd((lastOffset) => (nextOffset = lastOffset + 1));
    if (end < this.sizeBytes) this.cutAt(end);
    return nextOffset;
  }

  /** Tells the last offsets of the last batches; returns where the last whole one ends. */
  #scanEnd(onBatch: (lastOffset: Offset) => void): number {
    return scanHeaders(this.file.use(), this.scanStartFor(Infinity), this.writtenBytes, (batch) => {
      onBatch(batch.lastOffset);
      return true;
    });
  }

  /** Cuts the segment before the batch that has `offset`; nothing may wait to be written. */
  truncateTo(offset: Offset, nowMs: TimestampMs): void {
    assert(this.writtenBytes === this.sizeBytes, "a segment is truncated when all its bytes are written");
    const position = this.positionOf(offset);
    this.#indexes.truncateTo(offset, position);
    this.cutAt(position);
    if (position === 0) {
      this.#createdMs = nowMs;
      this.#firstTimestamp = undefined;
    }
  }

  /** Cuts the file; the indexes are the caller's matter. */
  cutAt(position: number): void {
    if (position < this.sizeBytes || this.#preallocatedBytes > 0) this.file.use().truncate(position);
    this.#preallocatedBytes = 0;
    this.sizeBytes = this.writtenBytes = position;
    this.file.flushedBytes = Math.min(this.file.flushedBytes, position);
    this.#indexes.restartInterval();
  }

  /**
   * Takes what the segment and its indexes have before `offset`, which was durable, as it is, and returns the position of
   * the batch that starts there. Undefined when they do not fit together: all of the segment has to be read then.
   */
  resumeAt(offset: Offset): number | undefined {
    return this.#indexes.resumeAt(offset);
  }

  /** Empties the indexes, to be filled again by `index` for each batch. */
  resetIndexes(): void {
    this.#indexes.reset();
    this.#firstTimestamp = undefined;
  }

  /** Does for a batch that is in the file already what `append` does for a new one. */
  index(position: number, sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    if (position === 0) this.#firstTimestamp = maxTimestamp;
    this.#indexes.add(position, sizeBytes, lastOffset, maxTimestamp);
  }

  /** The time index ends with the largest timestamp of a segment that is no longer written to. */
  finishIndexes(): void {
    this.#indexes.finish();
  }

  /** The files of its indexes were missing when it was found, and nobody has asked for them since. */
  get isUnindexed(): boolean {
    return this.#isUnindexed && !this.#indexes.isInUse;
  }

  /** Makes the indexes of offsets and times from the batches, and their files. */
  rebuildIndexes(): void {
    this.#indexes.rebuild();
  }

  /** Nothing more is written to the segment: the file is as long as what is in it. */
  trim(): void {
    assert(this.writtenBytes === this.sizeBytes, "a segment is trimmed when all its bytes are written");
    if (this.#preallocatedBytes > 0) this.file.use().truncate(this.writtenBytes);
    this.#preallocatedBytes = 0;
  }

  /**
   * The log is closed in good order: the indexes get whole. Those that do not reach the device are made anew when they are
   * looked at; what no segment can tell, which transactions were aborted, is made durable.
   */
  closeInOrder(): void {
    // Nobody has looked at the segment since it was loaded.
    if (!this.#indexes.mayBeUnsynced && this.#preallocatedBytes === 0) return;
    const isTrimmed = this.#preallocatedBytes > 0;
    this.finishIndexes();
    this.trim();
    // All else of it may be durable already; the zeros must not come back behind what nobody will look at again.
    if (isTrimmed) this.file.sync();
    this.saveIndexes(false);
    // An older state of the time index would not be seen to be one.
    this.timeIndex.file.save(true);
    this.transactionIndex.save(true);
  }

  /** Does off the event loop what `closeInOrder` would wait for the device for; nothing more is appended. */
  async prepareClose(): Promise<void> {
    if (!this.#indexes.mayBeUnsynced) return;
    this.finishIndexes();
    await this.timeIndex.file.saveDurably();
  }

  /** Recovery has written the files of the indexes, and they are not durable. */
  markIndexesUnsynced(): void {
    this.#indexes.markUnsynced();
  }

  /** Writes the indexes to their files. */
  saveIndexes(isDurable: boolean): void {
    this.#indexes.save(isDurable);
  }

  /**
   * Makes durable what was written and which transactions were aborted, and the other indexes too when the segment has
   * ended: recovery takes what lies before the recovery point as it is. True when there is a file of such transactions, of
   * which the name may be new.
   */
  async flush(hasEnded: boolean): Promise<boolean> {
    await this.file.syncAsync();
    if (hasEnded) await this.#indexes.saveDurably();
    return this.#indexes.saveTransactions();
  }

  /** Frees what an idle segment holds in memory and of descriptors. */
  releaseIfUnused(): void {
    this.file.closeIfUnused();
    this.#indexes.releaseIfUnused();
  }

  /** Frees what loading took: most segments are not used for long after a start. */
  release(): void {
    this.file.close();
    this.#indexes.release();
  }

  /** Leaves the files alone: a flush that is under way opens none of them again. */
  close(): void {
    this.#indexes.leaveFiles();
    this.file.close();
  }

  /** The partition's directory has another name. */
  moveTo(directory: string): void {
    this.#directory = directory;
    this.#setPaths(this.#suffix);
  }

  /** Gives the files the suffix that says they are to be removed; they can still be read. */
  markDeleted(): void {
    this.#moveAside(deletedSuffix);
  }

  /** As `markDeleted`, of a segment that was cut off. */
  markCut(): void {
    this.#moveAside(cutSuffix);
  }

  #moveAside(suffix: string): void {
    const from = this.#paths();
    this.#setPaths(suffix);
    // The `.log` file goes first: what is left of a crash is then indexes without it, and no log without its indexes.
    this.#rename(from.reverse(), this.#paths().reverse());
  }

  /** Gives the files other names, the `.log` file the last: where it is, its indexes are. */
  changeSuffix(suffix: string): void {
    const from = this.#paths();
    this.#setPaths(suffix);
    this.#rename(from, this.#paths());
  }

  #rename(from: readonly string[], to: readonly string[]): void {
    for (const [index, path] of from.entries()) if (this.#disk.exists(path)) this.#disk.rename(path, to[index]!);
  }

  /** Removes the files, the `.log` file the last: as long as it is there, the others are what is left of its segment. */
  remove(): void {
    this.removeBy((path) => this.#disk.remove(path));
  }

  /** As `remove`, by another hand, from where the partition's directory is by then. */
  removeBy(remove: (path: string) => void, directory = this.#directory): void {
    this.close();
    this.moveTo(directory);
    for (const path of this.#paths()) remove(path);
  }

  #paths(): string[] {
    return [...this.#indexes.paths(), this.file.path];
  }

  #setPaths(suffix: string): void {
    this.#suffix = suffix;
    const pathOf = (kind: string): string => `${this.#directory}/${segmentFileName(this.baseOffset, kind)}${suffix}`;
    this.file.moveTo(pathOf(logSuffix));
    this.#indexes.moveTo(pathOf);
  }
}
