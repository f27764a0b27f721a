import { type BufferPool } from "../base/buffer-pool.ts";
import { type Offset } from "../base/brand.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { batchHeaderSizeBytes, BatchView } from "../protocol/records/batch-header.ts";
import { batchSizeAt } from "./batch-scan.ts";
import { type FileReadAllowance } from "./file-read-allowance.ts";
import { ReadEnds } from "./read-ends.ts";
import { type Segment } from "./segment/segment.ts";
import { type Segments } from "./segment/segments.ts";
import { type Tail } from "./tail-cache.ts";

export type ReadResult =
  | { readonly ok: true; readonly records: Buffer; /** Offset behind the last record. */ readonly endOffset: Offset }
  | { readonly ok: false; readonly error: ErrorCode };

const nothing: Buffer = Buffer.alloc(0);
/** So much a read of the file that has to bring a batch asks for, whatever is left for it: most batches are smaller. */
const firstReadBytes = 65_536;
/** A result up to this size leaves the buffer that it was read into. */
const copiedBytesMax = 16_384;

/** Reads whole batches: from the tail in memory where it still has them, else with one positional read of the file. */
export class LogReader {
  readonly #segments: Segments;
  readonly #tail: Tail;
  readonly #buffers: BufferPool;
  readonly #ends = new ReadEnds();
  #removals = 0;
  #clears = 0;

  constructor(segments: Segments, tail: Tail, buffers: BufferPool) {
    this.#buffers = buffers;
    this.#segments = segments;
    this.#tail = tail;
  }

  /**
   * @param limit no record at or behind it is returned; at most the written offset
   * @param allowance for reads whose result goes to a client, which then gives its memory back to the pool
   */
  read(
    startOffset: Offset,
    maxBytes: number,
    limit: Offset,
    minOneBatch: boolean,
    allowance?: FileReadAllowance,
  ): ReadResult {
    if (startOffset >= limit || (maxBytes <= 0 && !minOneBatch))
      return { ok: true, records: nothing, endOffset: startOffset };
    this.#forgetWhatMoved();
    for (let index = Math.max(0, this.#segments.indexFor(startOffset)); ; index++) {
      const segment = this.#segments.at(index);
      if (segment === undefined || segment.baseOffset >= limit)
        return { ok: true, records: nothing, endOffset: startOffset };
      let position = this.#ends.find(segment, startOffset);
      if (position === undefined) {
        // The search reads files too.
        if (!minOneBatch && allowance !== undefined && allowance.leftBytes < batchHeaderSizeBytes) {
          allowance.wasShort = true;
          return { ok: true, records: nothing, endOffset: startOffset };
        }
        position = this.#positionOf(segment, startOffset);
      }
      // Compaction may have taken all that is left of a segment: the record asked for is then in the next one.
      if (position < segment.writtenBytes)
        return this.#readAt(segment, position, maxBytes, limit, minOneBatch, startOffset, allowance);
    }
  }

  #forgetWhatMoved(): void {
    const { removals } = this.#segments;
    const { clears } = this.#tail;
    if (removals === this.#removals && clears === this.#clears) return;
    this.#removals = removals;
    this.#clears = clears;
    this.#ends.forget();
  }

  /** Position of the first batch that ends at or behind `offset`. */
  #positionOf(segment: Segment, offset: Offset): number {
    let position = segment.scanStartFor(offset);
    for (let slice = this.#tail.sliceFrom(segment, position); slice !== undefined;) {
      for (let at = 0; at < slice.length;) {
        const batch = new BatchView(slice, at);
        if (batch.lastOffset >= offset) return position + at;
        at += batch.sizeInBytes;
      }
      position += slice.length;
      slice = this.#tail.sliceFrom(segment, position);
    }
    return position >= segment.writtenBytes ? position : segment.positionOf(offset);
  }

  #readAt(
    segment: Segment,
    position: number,
    maxBytes: number,
    limit: Offset,
    minOneBatch: boolean,
    startOffset: Offset,
    allowance: FileReadAllowance | undefined,
  ): ReadResult {
    const inMemory = this.#tail.sliceFrom(segment, position);
    const bytes = inMemory ?? this.#readFile(segment, position, maxBytes, minOneBatch, allowance);
    let end = 0;
    let endOffset = startOffset;
    while (bytes.length - end >= batchHeaderSizeBytes) {
      const sizeBytes = batchSizeAt(bytes, end);
      const batch = new BatchView(bytes, end);
      if (sizeBytes < 0 || end + sizeBytes > bytes.length || batch.lastOffset >= limit) break;
      if (end + sizeBytes > maxBytes && !(minOneBatch && end === 0)) break;
      end += sizeBytes;
      endOffset = batch.lastOffset + 1;
    }
    // Where no batch can be, a reader would come back for ever: it is told instead.
    const hasHeader = bytes.length >= batchHeaderSizeBytes;
    const isCorrupt = end === 0 && hasHeader && batchSizeAt(bytes, 0) < 0;
    if (end > 0) this.#ends.add(segment, endOffset, position + end);
    const records = inMemory === undefined ? this.#settled(bytes, end, allowance) : bytes.subarray(0, end);
    return isCorrupt ? { ok: false, error: Errors.CORRUPT_MESSAGE } : { ok: true, records, endOffset };
  }

  /** What was read and is wanted; memory that is much too large for it goes back at once. */
  #settled(bytes: Buffer, end: number, allowance: FileReadAllowance | undefined): Buffer {
    const isCopied = end === 0 || (allowance !== undefined && end <= copiedBytesMax && end < bytes.length);
    if (!isCopied) return bytes.subarray(0, end);
    const records = end === 0 ? nothing : this.#buffers.takeToRead(end);
    bytes.copy(records, 0, 0, end);
    this.#buffers.giveBack(bytes);
    return records;
  }

  /** With `minOneBatch` at least the first batch whole, however large it is and whatever the allowance says. */
  #readFile(
    segment: Segment,
    position: number,
    maxBytes: number,
    minOneBatch: boolean,
    allowance: FileReadAllowance | undefined,
  ): Buffer {
    const availableBytes = segment.writtenBytes - position;
    let wantedBytes = Math.min(Math.max(maxBytes, batchHeaderSizeBytes), availableBytes);
    if (allowance !== undefined) {
      const leftBytes = Math.min(allowance.leftBytes, this.#buffers.readBytesLeft);
      const allowedBytes = minOneBatch ? Math.max(leftBytes, firstReadBytes) : leftBytes;
      if (allowedBytes < wantedBytes) {
        allowance.wasShort = true;
        if (allowedBytes < batchHeaderSizeBytes) return nothing;
        wantedBytes = allowedBytes;
      }
    }
    const file = segment.file.use();
    const wanted = this.#take(wantedBytes, allowance);
    const read = file.read(wanted, position);
    if (read >= batchHeaderSizeBytes && minOneBatch) {
      const firstBytes = batchSizeAt(wanted, 0);
      if (firstBytes > wanted.length && firstBytes <= availableBytes) {
        this.#buffers.giveBack(wanted);
        const whole = this.#take(firstBytes, allowance);
        return whole.subarray(0, file.read(whole, position));
      }
    }
    return wanted.subarray(0, read);
  }

  #take(sizeBytes: number, allowance: FileReadAllowance | undefined): Buffer {
    if (allowance === undefined) return this.#buffers.take(sizeBytes);
    allowance.leftBytes -= sizeBytes;
    return this.#buffers.takeToRead(sizeBytes);
  }
}
