import { assert } from "../../base/assert.ts";
import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { readInt64, writeInt64 } from "../../base/int64.ts";
import { type Disk } from "../../io/ports.ts";
import { IndexFile } from "./index-file.ts";

const entrySizeBytes = 12;

/** The largest timestamp of some batches, and the last offset of the batch that has it. */
export interface LargestTimestamp {
  readonly timestamp: TimestampMs;
  readonly offset: Offset;
}

function relativeOffsetAt(entries: Buffer, start: number): number {
  return entries.readInt32BE(start + 8);
}

/**
 * Sparse map of a segment from time to offset. An entry is a timestamp (int64) and an offset relative to the segment's
 * base offset (int32): no batch up to the one with that offset has a larger timestamp. Both ascend.
 */
export class TimeIndex {
  readonly file: IndexFile;
  readonly #baseOffset: Offset;

  constructor(disk: Disk, path: string, baseOffset: Offset) {
    this.file = new IndexFile(disk, path, entrySizeBytes);
    this.#baseOffset = baseOffset;
  }

  get count(): number {
    return this.file.count;
  }

  /** The largest indexed timestamp; -1 when there is none. */
  get lastTimestamp(): TimestampMs {
    const count = this.file.count;
    return count === 0 ? -1 : this.timestampAt(count - 1);
  }

  /** What the file's last entry says, without reading the others; NaN when there is none. */
  peekLastTimestamp(): TimestampMs {
    const entry = this.file.peekLast();
    return entry === undefined ? NaN : readInt64(entry, 0);
  }

  /** The offset that goes with `lastTimestamp`. */
  get lastOffset(): Offset {
    const count = this.file.count;
    return count === 0 ? this.#baseOffset : this.offsetAt(count - 1);
  }

  /** One entry is left for the segment's largest timestamp, which is added when the segment ends. */
  isFull(sizeBytesMax: number): boolean {
    return this.file.count >= Math.floor(sizeBytesMax / entrySizeBytes) - 1;
  }

  /** Adds an entry unless its timestamp is not above the last one's. */
  maybeAppend(timestamp: TimestampMs, offset: Offset): void {
    if (timestamp <= this.lastTimestamp) return;
    assert(this.file.count === 0 || offset >= this.lastOffset, "time index entries ascend");
    const start = this.file.grow();
    const bytes = this.file.bytes();
    writeInt64(bytes, start, timestamp);
    bytes.writeInt32BE(offset - this.#baseOffset, start + 8);
  }

  timestampAt(slot: number): TimestampMs {
    return readInt64(this.file.bytes(), slot * entrySizeBytes);
  }

  offsetAt(slot: number): Offset {
    return this.#baseOffset + this.file.bytes().readInt32BE(slot * entrySizeBytes + 8);
  }

  /** An offset up to which no record is later than `timestamp`, so that a search by time may start there. */
  offsetFor(timestamp: TimestampMs): Offset {
    const count = this.file.countAtMost(timestamp, readInt64);
    return count === 0 ? this.#baseOffset : this.offsetAt(count - 1);
  }

  /** The last entry whose offset is below `offset`; as for `lastTimestamp` and `lastOffset` when there is none. */
  lastBefore(offset: Offset): LargestTimestamp {
    const slot = this.#countBefore(offset) - 1;
    return slot < 0
      ? { timestamp: -1, offset: this.#baseOffset }
      : { timestamp: this.timestampAt(slot), offset: this.offsetAt(slot) };
  }

  /** Removes the entries whose offset is at or above `offset`. */
  truncateTo(offset: Offset): void {
    this.file.truncate(this.#countBefore(offset));
  }

  #countBefore(offset: Offset): number {
    return this.file.countAtMost(offset - 1 - this.#baseOffset, relativeOffsetAt);
  }

  isSane(): boolean {
    if (!this.file.isWhole) return false;
    let timestamp = -1;
    let offset = this.#baseOffset;
    for (let slot = 0, count = this.file.count; slot < count; slot++) {
      if (this.timestampAt(slot) <= timestamp || this.offsetAt(slot) < offset) return false;
      timestamp = this.timestampAt(slot);
      offset = this.offsetAt(slot);
    }
    return true;
  }
}
