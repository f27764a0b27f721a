import { type TimestampMs } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { scanHeaders } from "../batch-scan.ts";
import { type SegmentFile } from "./segment-file.ts";
import { type SegmentIndexes } from "./segment-indexes.ts";

/**
 * How old a segment is, by what its records say, or its file where they have no timestamps: in time it rolls, compaction may
 * touch it, and retention has no use for it.
 */
export class SegmentAge {
  readonly #disk: Disk;
  readonly #file: SegmentFile;
  readonly #indexes: SegmentIndexes;
  /** By how much the roll by time comes earlier, so that the segments of many logs do not roll at once. */
  rollJitterMs: number;
  #createdMs: TimestampMs;
  /** Undefined until it is known. */
  #firstTimestamp: TimestampMs | undefined;

  constructor(disk: Disk, file: SegmentFile, indexes: SegmentIndexes, rollJitterMs: number, createdMs: TimestampMs) {
    this.#disk = disk;
    this.#file = file;
    this.#indexes = indexes;
    this.rollJitterMs = rollJitterMs;
    this.#createdMs = createdMs;
  }

  /** For retention: the largest timestamp, or when the file was last changed if its records have none. */
  get timestamp(): TimestampMs {
    const { maxTimestamp } = this.#indexes;
    return maxTimestamp >= 0 ? maxTimestamp : this.#disk.stat(this.#file.path).modifiedMs;
  }

  /**
   * For retention. Most segments that were found at a start are young, and the last entry of their time index says so: they
   * are not looked into further. One that is to go is not believed that easily.
   */
  isOlderThan(timestamp: TimestampMs): boolean {
    return !(this.#indexes.peekMaxTimestamp() >= timestamp) && this.timestamp < timestamp;
  }

  /**
   * For retention's warning: whether records claim to be of a time behind `nowMs`. For that nothing is looked into that
   * `isOlderThan` has not looked into.
   */
  isInFuture(nowMs: TimestampMs): boolean {
    const known = this.#indexes.isMaxTimestampKnown ? this.timestamp : this.#indexes.peekMaxTimestamp();
    return known > nowMs;
  }

  /** Largest timestamp of the first batch; -1 when it has none. */
  get firstTimestamp(): TimestampMs {
    if (this.#firstTimestamp === undefined) {
      this.#firstTimestamp = -1;
      scanHeaders(this.#file.use(), 0, this.#file.writtenBytes, (batch) => {
        this.#firstTimestamp = batch.maxTimestamp;
        return false;
      });
    }
    return this.#firstTimestamp;
  }

  /** The first batch has come. */
  begin(maxTimestamp: TimestampMs): void {
    this.#firstTimestamp = maxTimestamp;
  }

  /** The first batch may be another one now. */
  forgetFirst(): void {
    this.#firstTimestamp = undefined;
  }

  /** The segment is empty, as if it was made now. */
  startAnew(nowMs: TimestampMs): void {
    this.#createdMs = nowMs;
    this.#firstTimestamp = undefined;
  }

  /** Whether a segment that is not empty has been written to for longer than `rollMs`, before a batch that comes now. */
  isDueToRoll(rollMs: number, maxTimestamp: TimestampMs, nowMs: TimestampMs): boolean {
    const first = this.firstTimestamp;
    const waitedMs = first >= 0 ? maxTimestamp - first : nowMs - this.#createdMs;
    return waitedMs > rollMs - this.rollJitterMs;
  }
}
