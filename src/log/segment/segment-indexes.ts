import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { scanHeaders } from "../batch-scan.ts";
import { offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix } from "../log-files.ts";
import { entryFits, lastOffsetIn, timesFit } from "./index-fit.ts";
import { OffsetIndex } from "./offset-index.ts";
import { type SegmentFile } from "./segment-file.ts";
import { type LargestTimestamp, TimeIndex } from "./time-index.ts";
import { TransactionIndex } from "./transaction-index.ts";

/** What indexes take of a topic's configuration: as it is when they begin, or are found, and no later one. */
export interface IndexSettings {
  /** So many bytes lie between two entries, or more. */
  readonly indexIntervalBytes: number;
  /** A segment has ended when one of them is so large; left out where nothing is appended. */
  readonly indexBytesMax?: number;
}

/**
 * The indexes of a segment, and what they grow by. Offset and time index are a function of the batches: files of them that
 * do not fit the segment (lost, cut, overwritten) are made anew before anything relies on them.
 */
export class SegmentIndexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
  readonly transactions: TransactionIndex;
  readonly #file: SegmentFile;
  readonly #baseOffset: Offset;
  #intervalBytes = 0;
  #sizeBytesMax = Infinity;
  #bytesSinceEntry = 0;
  /** Undefined until the time index was looked into. */
  #maxTimestamp: TimestampMs | undefined = -1;
  #offsetOfMaxTimestamp: Offset;
  #offsetsAreChecked = true;
  #timesAreChecked = true;
  /** Entries of the offset index that were found in its file: each is checked when it is used. */
  #foundEntries = 0;
  #areLeft = false;
  #isUnsynced = false;

  /**
   * Empty ones; `load` takes what the files have.
   *
   * @param pathOf the path of the segment's file that has a suffix
   */
  constructor(
    disk: Disk,
    pathOf: (suffix: string) => string,
    file: SegmentFile,
    baseOffset: Offset,
    settings: IndexSettings,
  ) {
    this.offsets = new OffsetIndex(disk, pathOf(offsetIndexSuffix), baseOffset);
    this.times = new TimeIndex(disk, pathOf(timeIndexSuffix), baseOffset);
    this.transactions = new TransactionIndex(disk, pathOf(transactionIndexSuffix));
    this.#file = file;
    this.#baseOffset = baseOffset;
    this.configure(settings);
    this.#offsetOfMaxTimestamp = baseOffset;
  }

  configure({ indexIntervalBytes, indexBytesMax = Infinity }: IndexSettings): void {
    this.#intervalBytes = indexIntervalBytes;
    this.#sizeBytesMax = indexBytesMax;
  }

  /** Takes over the files at the first use of each. */
  load(hasTransactions: boolean): void {
    this.offsets.file.reload();
    this.times.file.reload();
    if (hasTransactions) this.transactions.file.reload();
    this.#maxTimestamp = undefined;
    this.#offsetsAreChecked = this.#timesAreChecked = false;
  }

  /** Whether anybody has looked into them since they were found. */
  get isInUse(): boolean {
    return this.#offsetsAreChecked || this.#timesAreChecked;
  }

  /** Whether anybody asked for times since the files were found, or recovery has just written them. */
  get mayBeUnsynced(): boolean {
    return this.#maxTimestamp !== undefined || this.#isUnsynced;
  }

  markUnsynced(): void {
    this.#isUnsynced = true;
  }

  /** Largest timestamp of the batches; -1 when they have none. */
  get maxTimestamp(): TimestampMs {
    if (this.#maxTimestamp === undefined) {
      this.#checkTimes();
      this.#maxTimestamp ??= this.times.lastTimestamp;
      this.#offsetOfMaxTimestamp = this.times.lastOffset;
    }
    return this.#maxTimestamp;
  }

  /** Whether `maxTimestamp` is in memory. */
  get isMaxTimestampKnown(): boolean {
    return this.#maxTimestamp !== undefined;
  }

  /** As `maxTimestamp`; where nobody has asked for that yet, what the file says, unchecked. NaN when that is not known. */
  peekMaxTimestamp(): TimestampMs {
    return this.#maxTimestamp ?? this.times.peekLastTimestamp();
  }

  /** Last offset of the batch that has the largest timestamp. */
  get offsetOfMaxTimestamp(): Offset {
    return this.maxTimestamp < 0 ? this.#baseOffset : this.#offsetOfMaxTimestamp;
  }

  /** No more batches are to be added. */
  get isFull(): boolean {
    return this.offsets.isFull(this.#sizeBytesMax) || this.times.isFull(this.#sizeBytesMax);
  }

  /** Has in memory what `add` changes, so that the disk cannot fail it. */
  prepareAdd(): void {
    this.offsets.file.prepare();
    this.times.file.prepare();
    // Looked at for the first time it is checked, and made anew where it does not fit.
    if (this.#maxTimestamp === undefined) void this.maxTimestamp;
  }

  /** Notes the batch that stands, or will stand, at `position`, behind all that were noted before. */
  add(position: number, sizeBytes: number, lastOffset: Offset, maxTimestamp: TimestampMs): void {
    if (maxTimestamp > this.maxTimestamp) {
      this.#maxTimestamp = maxTimestamp;
      this.#offsetOfMaxTimestamp = lastOffset;
    }
    if (this.#bytesSinceEntry > this.#intervalBytes) {
      this.offsets.append(lastOffset, position);
      this.times.maybeAppend(this.maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += sizeBytes;
  }

  /** The time index ends with the largest timestamp of a segment that is no longer written to. */
  finish(): void {
    this.times.maybeAppend(this.maxTimestamp, this.#offsetOfMaxTimestamp);
  }

  /** Position of a batch that ends at or before `offset`, near it. It may be at or behind what is written. */
  scanStartFor(offset: Offset): number {
    this.#checkOffsets();
    const slot = this.offsets.slotFor(offset);
    if (slot < 0) return 0;
    const isTrue = slot >= this.#foundEntries || entryFits(this.#file.use(), this.offsets, slot);
    if (isTrue) return this.offsets.positionAt(slot);
    this.rebuild();
    return this.offsets.positionFor(offset);
  }

  /** Has in memory what `cut` changes, and finds what that has to be told; `position` is where the file ends then. */
  prepareCut(offset: Offset, position: number): LargestTimestamp {
    this.#checkTimes();
    for (const { file } of [this.offsets, this.times, this.transactions]) file.prepare();
    return this.#largestBefore(offset, position);
  }

  /** Removes what is of batches at and behind `offset`; `largest` is of those before. */
  cut(offset: Offset, largest: LargestTimestamp): void {
    this.#dropFrom(offset);
    this.#takeLargest(largest);
  }

  #dropFrom(offset: Offset): void {
    this.offsets.truncateTo(offset);
    this.#foundEntries = Math.min(this.#foundEntries, this.offsets.count);
    this.times.truncateTo(offset);
    this.transactions.truncateTo(offset);
  }

  /** Behind the last batch something was cut that no index knew of. */
  restartInterval(): void {
    this.#bytesSinceEntry = 0;
  }

  /**
   * Takes what the indexes have before `offset`, which was durable, as it is, and returns the position of the batch that
   * starts there. Undefined when they do not fit the segment: all of it has to be read then.
   */
  resumeAt(offset: Offset): number | undefined {
    this.#offsetsAreChecked = this.#timesAreChecked = true;
    if (!this.offsets.file.exists() || !this.offsets.isSane(this.#file.writtenBytes)) return undefined;
    if (!this.times.file.exists() || !this.times.isSane()) return undefined;
    this.#foundEntries = this.offsets.count;
    this.#dropFrom(offset);
    const slot = this.offsets.count - 1;
    if (slot < 0 || !entryFits(this.#file.use(), this.offsets, slot) || !this.#timesFit()) return undefined;
    // The search for a time came by a damaged entry, and made the indexes anew: they know what lies behind `offset` too.
    if (this.#foundEntries === 0) return undefined;
    const start = this.offsets.positionAt(slot);
    let nextOffset = this.#baseOffset;
    const position = scanHeaders(this.#file.use(), start, this.#file.writtenBytes, (batch) => {
      if (batch.baseOffset >= offset) return false;
      nextOffset = batch.nextOffset;
      return true;
    });
    if (nextOffset !== offset) return undefined;
    this.#takeLargest(this.#largestBefore(offset, position));
    this.#bytesSinceEntry = position - start;
    return position;
  }

  /** Empties all indexes, to be filled again by `add` for each batch. */
  reset(): void {
    this.transactions.file.clear();
    this.#resetOffsetsAndTimes();
  }

  #resetOffsetsAndTimes(): void {
    this.offsets.file.clear();
    this.times.file.clear();
    this.#maxTimestamp = -1;
    this.#offsetOfMaxTimestamp = this.#baseOffset;
    this.#bytesSinceEntry = 0;
    this.#offsetsAreChecked = this.#timesAreChecked = true;
    this.#foundEntries = 0;
  }

  /**
   * Makes the offset and time indexes from the batches' headers. No checksum covers a batch's offset: where a damaged one
   * does not fit in with the others, the batch is in no index, and the search for it comes by it all the same.
   */
  rebuild(): void {
    const maxTimestamp = this.#maxTimestamp;
    const offsetOfMaxTimestamp = this.#offsetOfMaxTimestamp;
    this.#resetOffsetsAndTimes();
    try {
      this.#addAll();
    } catch (error) {
      // Those of a part must not pass for all: whoever needs them next comes here again.
      this.offsets.file.reload();
      this.times.file.reload();
      this.#offsetsAreChecked = this.#timesAreChecked = false;
      this.#maxTimestamp = maxTimestamp;
      this.#offsetOfMaxTimestamp = offsetOfMaxTimestamp;
      throw error;
    }
    if (maxTimestamp !== undefined && maxTimestamp > this.maxTimestamp) {
      // It is that of a batch which waits to be written.
      this.#maxTimestamp = maxTimestamp;
      this.#offsetOfMaxTimestamp = offsetOfMaxTimestamp;
    }
    // The files that were no good must not come back when memory is released.
    this.finish();
    this.offsets.file.save(false);
    // A loss of power could leave its first entries alone, and nobody could tell that there were more.
    this.times.file.save(true);
  }

  /** Notes the batches that the segment's file has. */
  #addAll(): void {
    const end = lastOffsetIn(this.#file, this.#baseOffset);
    let nextOffset = this.#baseOffset;
    scanHeaders(this.#file.use(), 0, this.#file.writtenBytes, (batch, position) => {
      const { baseOffset, lastOffset } = batch;
      if (baseOffset < nextOffset || lastOffset < baseOffset || lastOffset > end) return true;
      nextOffset = lastOffset + 1;
      this.add(position, batch.sizeInBytes, lastOffset, batch.maxTimestamp);
      return true;
    });
  }

  /** Writes the indexes to their files. */
  save(isDurable: boolean): void {
    this.#checkTimes();
    this.offsets.file.save(isDurable);
    this.times.file.save(isDurable);
    this.transactions.save(isDurable);
  }

  /** The segment is closed: its files may be gone, and others may take their names, while a save is under way. */
  leaveFiles(): void {
    this.#areLeft = true;
  }

  async saveDurably(): Promise<void> {
    if (!this.#areLeft) await this.offsets.file.saveDurably();
    if (!this.#areLeft) await this.times.file.saveDurably();
  }

  /** As `saveDurably`, of what no segment can tell: which transactions were aborted. False when there is no file of it. */
  async saveTransactions(): Promise<boolean> {
    return !this.#areLeft && (await this.transactions.saveDurably());
  }

  /** Frees memory that was not used since the last call. */
  releaseIfUnused(): void {
    this.offsets.file.releaseIfUnused();
    this.times.file.releaseIfUnused();
    this.transactions.file.releaseIfUnused();
  }

  release(): void {
    this.offsets.file.release();
    this.times.file.release();
    this.transactions.file.release();
  }

  paths(): string[] {
    return [this.transactions.file.path, this.times.file.path, this.offsets.file.path];
  }

  /** The files have other names. */
  moveTo(pathOf: (suffix: string) => string): void {
    this.offsets.file.moveTo(pathOf(offsetIndexSuffix));
    this.times.file.moveTo(pathOf(timeIndexSuffix));
    this.transactions.file.moveTo(pathOf(transactionIndexSuffix));
  }

  /** Of the batches before `offset`, which is at `position`. */
  #largestBefore(offset: Offset, position: number): LargestTimestamp {
    const start = this.scanStartFor(this.times.lastBefore(offset).offset);
    // The search may have come by a damaged entry, and made the indexes anew.
    let largest = this.times.lastBefore(offset);
    scanHeaders(this.#file.use(), start, position, (batch) => {
      const { maxTimestamp, lastOffset } = batch;
      if (maxTimestamp > largest.timestamp) largest = { timestamp: maxTimestamp, offset: lastOffset };
      return true;
    });
    return largest;
  }

  #takeLargest({ timestamp, offset }: LargestTimestamp): void {
    this.#maxTimestamp = timestamp;
    this.#offsetOfMaxTimestamp = offset;
  }

  #checkOffsets(): void {
    if (this.#offsetsAreChecked) return;
    if (this.offsets.file.exists() && this.offsets.isSane(this.#file.writtenBytes)) {
      this.#foundEntries = this.offsets.count;
      this.#offsetsAreChecked = true;
    } else this.rebuild();
  }

  #checkTimes(): void {
    if (this.#timesAreChecked) return;
    this.#checkOffsets();
    const isGood = this.times.file.exists() && this.times.isSane() && this.#timesFit();
    if (!isGood) this.rebuild();
    this.#timesAreChecked = true;
  }

  #timesFit(): boolean {
    return timesFit(this.#file, this.times, (offset) => this.scanStartFor(offset));
  }
}
