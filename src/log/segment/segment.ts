import { assert } from "../../base/assert.ts";
import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { scanHeaders } from "../batch-scan.ts";
import { type LogConfig, rollMs } from "../log-config.ts";
import {
  cleanedSuffix,
  logSuffix,
  segmentFileName,
  offsetIndexSuffix,
  timeIndexSuffix,
  transactionIndexSuffix,
} from "../log-files.ts";
import { relativeOffsetMax } from "./offset-index.ts";
import { type OpenFiles } from "./open-files.ts";
import { SegmentAge } from "./segment-age.ts";
import { SegmentFile } from "./segment-file.ts";
import { type IndexSettings, SegmentIndexes } from "./segment-indexes.ts";
import { SegmentNames } from "./segment-names.ts";

export interface SegmentPlace extends IndexSettings {
  readonly disk: Disk;
  readonly directory: string;
  readonly rollJitterMs: number;
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
  readonly indexes: SegmentIndexes;
  readonly age: SegmentAge;
  readonly names: SegmentNames;
  /** Bytes appended. */
  sizeBytes = 0;
  readonly #disk: Disk;
  /** The file is this long though less is written; 0 when it is as long as what is written. */
  #preallocatedBytes = 0;
  #isUnindexed = false;

  private constructor(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs) {
    const { disk, directory } = place;
    const pathOf = (suffix: string): string => `${directory}/${segmentFileName(baseOffset, suffix)}`;
    this.#disk = disk;
    this.baseOffset = baseOffset;
    this.file = new SegmentFile(disk, pathOf(logSuffix), place.openFiles);
    this.indexes = new SegmentIndexes(disk, pathOf, this.file, baseOffset, place);
    this.age = new SegmentAge(disk, this.file, this.indexes, place.rollJitterMs, nowMs);
    this.names = new SegmentNames(disk, directory, baseOffset, this.file, this.indexes);
  }

  /** A new, empty segment; files that are in its place go away, or with a suffix those that have it. */
  static create(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs, suffix = ""): Segment {
    const { disk } = place;
    const segment = Segment.made(place, baseOffset, nowMs);
    segment.names.takeSuffix(suffix);
    for (const path of segment.names.paths()) disk.remove(path);
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
    segment.indexes.load(known.hasTransactions);
    segment.#isUnindexed = known.isUnindexed;
    return segment;
  }

  /** The segment that the cleaner has written, under the names of `.cleaned` files. */
  static loadCleaned(place: SegmentPlace, baseOffset: Offset, nowMs: TimestampMs): Segment {
    const segment = new Segment(place, baseOffset, nowMs);
    segment.names.takeSuffix(cleanedSuffix);
    segment.#takeFiles(true);
    return segment;
  }

  /** Makes the files that are there the segment's. */
  #takeFiles(hasTransactions: boolean): void {
    this.sizeBytes = this.writtenBytes = this.#disk.stat(this.file.path).sizeBytes;
    this.file.flushedBytes = this.sizeBytes;
    this.indexes.load(hasTransactions);
  }

  /** Bytes of it that the operating system has. */
  get writtenBytes(): number {
    return this.file.writtenBytes;
  }

  set writtenBytes(sizeBytes: number) {
    this.file.writtenBytes = sizeBytes;
  }

  /** Of its place, takes what depends on the topic's configuration. */
  configure(place: SegmentPlace): void {
    this.age.rollJitterMs = place.rollJitterMs;
    this.indexes.configure(place);
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
    if (this.indexes.isFull) return true;
    if (this.sizeBytes === 0) return false;
    return this.age.isDueToRoll(rollMs(config), maxTimestamp, nowMs);
  }

  /** Reads what `append` changes, if it was released or never used: that may fail, and `append` must not. */
  prepareAppend(mayAbort: boolean): void {
    this.indexes.prepareAdd();
    if (mayAbort) this.indexes.transactions.file.prepare();
  }

  /** Notes a batch of which the bytes go to the segment's end. */
  append(sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    if (this.sizeBytes === 0) this.age.begin(maxTimestamp);
    this.indexes.add(this.sizeBytes, sizeBytes, lastOffset, maxTimestamp);
    this.sizeBytes += sizeBytes;
  }

  /** Position of the first batch that ends at or behind `offset`; the file's end when there is none. */
  positionOf(offset: Offset): number {
    return scanHeaders(
      this.file.use(),
      this.indexes.scanStartFor(offset),
      this.writtenBytes,
      (batch) => batch.lastOffset < offset,
    );
  }

  /**
   * Cuts what follows the last whole batch, so that the next one is written where readers look for it. Returns the offset
   * behind that batch.
   */
  cutBehindBatches(): Offset {
    let nextOffset = this.baseOffset;
    const end = scanHeaders(this.file.use(), this.indexes.scanStartFor(Infinity), this.writtenBytes, (batch) => {
      nextOffset = batch.lastOffset + 1;
      return true;
    });
    if (end < this.sizeBytes) this.cutAt(end);
    return nextOffset;
  }

  /** Cuts the file; the indexes are the caller's matter. */
  cutAt(position: number): void {
    if (position < this.sizeBytes || this.#preallocatedBytes > 0) this.file.use().truncate(position);
    this.#preallocatedBytes = 0;
    this.sizeBytes = this.writtenBytes = position;
    this.file.flushedBytes = Math.min(this.file.flushedBytes, position);
    this.indexes.restartInterval();
  }

  /** Empties the indexes, to be filled again by `index` for each batch. */
  resetIndexes(): void {
    this.indexes.reset();
    this.age.forgetFirst();
  }

  /** Does for a batch that is in the file already what `append` does for a new one. */
  index(position: number, sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    if (position === 0) this.age.begin(maxTimestamp);
    this.indexes.add(position, sizeBytes, lastOffset, maxTimestamp);
  }

  /** The files of its indexes were missing when it was found, and nobody has asked for them since. */
  get isUnindexed(): boolean {
    return this.#isUnindexed && !this.indexes.isInUse;
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
    if (!this.indexes.mayBeUnsynced && this.#preallocatedBytes === 0) return;
    const isTrimmed = this.#preallocatedBytes > 0;
    this.indexes.finish();
    this.trim();
    // All else of it may be durable already; the zeros must not come back behind what nobody will look at again.
    if (isTrimmed) this.file.sync();
    this.indexes.save(false);
    // An older state of the time index would not be seen to be one.
    this.indexes.times.file.save(true);
    this.indexes.transactions.save(true);
  }

  /** Does off the event loop what `closeInOrder` would wait for the device for; nothing more is appended. */
  async prepareClose(): Promise<void> {
    if (!this.indexes.mayBeUnsynced) return;
    this.indexes.finish();
    await this.indexes.times.file.saveDurably();
  }

  /**
   * Makes durable what was written and which transactions were aborted, and the other indexes too when the segment has
   * ended: recovery takes what lies before the recovery point as it is. True when there is a file of such transactions, of
   * which the name may be new.
   */
  async flush(hasEnded: boolean): Promise<boolean> {
    await this.file.syncAsync();
    if (hasEnded) await this.indexes.saveDurably();
    return this.indexes.saveTransactions();
  }

  /** Frees what an idle segment holds in memory and of descriptors. */
  releaseIfUnused(): void {
    this.file.closeIfUnused();
    this.indexes.releaseIfUnused();
  }

  /** Frees what loading took: most segments are not used for long after a start. */
  release(): void {
    this.file.close();
    this.indexes.release();
  }

  /** Leaves the files alone: a flush that is under way opens none of them again. */
  close(): void {
    this.indexes.leaveFiles();
    this.file.close();
  }

  /** Removes the files, the `.log` file the last: as long as it is there, the others are what is left of its segment. */
  remove(): void {
    this.removeBy((path) => this.#disk.remove(path));
  }

  /** As `remove`, by another hand, from where the partition's directory is by then. */
  removeBy(remove: (path: string) => void, directory = this.names.directory): void {
    this.close();
    this.names.moveTo(directory);
    for (const path of this.names.paths()) remove(path);
  }
}
