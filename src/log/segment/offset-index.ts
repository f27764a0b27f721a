import { assert } from "../../base/assert.ts";
import { type Offset } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { IndexFile } from "./index-file.ts";

const entrySizeBytes = 8;
export const relativeOffsetMax = 2_147_483_647;

function relativeOffsetAt(entries: Buffer, start: number): number {
  return entries.readInt32BE(start);
}

/**
 * Sparse map of a segment from offset to position. An entry is the last offset of a batch, relative to the segment's base
 * offset (int32), and the position of that batch in the file (int32).
 */
export class OffsetIndex {
  readonly file: IndexFile;
  readonly #baseOffset: Offset;

  constructor(disk: Disk, path: string, baseOffset: Offset) {
    this.file = new IndexFile(disk, path, entrySizeBytes);
    this.#baseOffset = baseOffset;
  }

  get count(): number {
    return this.file.count;
  }

  /** The last offset that has an entry; the segment's base offset when there is none. */
  get lastOffset(): Offset {
    const count = this.file.count;
    return count === 0 ? this.#baseOffset : this.offsetAt(count - 1);
  }

  isFull(sizeBytesMax: number): boolean {
    return this.file.count >= Math.floor(sizeBytesMax / entrySizeBytes);
  }

  append(batchLastOffset: Offset, position: number): void {
    assert(this.file.count === 0 || batchLastOffset > this.lastOffset, "offset index entries ascend");
    const start = this.file.grow();
    const bytes = this.file.bytes();
    bytes.writeInt32BE(batchLastOffset - this.#baseOffset, start);
    bytes.writeInt32BE(position, start + 4);
  }

  offsetAt(slot: number): Offset {
    return this.#baseOffset + this.file.bytes().readInt32BE(slot * entrySizeBytes);
  }

  positionAt(slot: number): number {
    return this.file.bytes().readInt32BE(slot * entrySizeBytes + 4);
  }

  /** The entry with the largest offset that is not above `offset`; -1 when there is none. */
  slotFor(offset: Offset): number {
    return this.file.countAtMost(offset - this.#baseOffset, relativeOffsetAt) - 1;
  }

  /** Where to start a scan for `offset`: the position of a batch that ends at or before it. */
  positionFor(offset: Offset): number {
    const slot = this.slotFor(offset);
    return slot < 0 ? 0 : this.positionAt(slot);
  }

  /** Removes the entries at and above `offset`. */
  truncateTo(offset: Offset): void {
    this.file.truncate(this.slotFor(offset - 1) + 1);
  }

  /** Whether offsets and positions ascend and point into a segment of `segmentSizeBytes`. */
  isSane(segmentSizeBytes: number): boolean {
    if (!this.file.isWhole) return false;
    const bytes = this.file.bytes();
    let offset = -1;
    let position = 0;
    for (let slot = 0, count = this.file.count; slot < count; slot++) {
      const nextOffset = bytes.readInt32BE(slot * entrySizeBytes);
      const nextPosition = bytes.readInt32BE(slot * entrySizeBytes + 4);
      if (nextOffset <= offset || nextPosition <= position || nextPosition >= segmentSizeBytes) return false;
      offset = nextOffset;
      position = nextPosition;
    }
    return true;
  }
}
