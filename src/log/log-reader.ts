import { type BufferPool } from "../base/buffer-pool.ts";
import { type Offset } from "../base/brand.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { batchHeaderSizeBytes, BatchView } from "../protocol/records/batch-header.ts";
import { batchSizeAt } from "./batch-scan.ts";
import { ReadEnds } from "./read-ends.ts";
import { type Segment } from "./segment.ts";
import { type Segments } from "./segments.ts";
import { type Tail } from "./tail-cache.ts";

export type ReadResult =
  | { readonly ok: true; readonly records: Buffer; /** Offset behind the last record. */ readonly endOffset: Offset }
  | { readonly ok: false; readonly error: ErrorCode };

const nothing: Buffer = Buffer.alloc(0);

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

  /** @param limit no record at or behind it is returned; at most the written offset */
  read(startOffset: Offset, maxBytes: number, limit: Offset, minOneBatch: boolean): ReadResult {
    if (startOffset >= limit || (maxBytes <= 0 && !minOneBatch))
      return { ok: true, records: nothing, endOffset: startOffset };
    this.#forgetWhatMoved();
    for (let index = Math.max(0, this.#segments.indexFor(startOffset)); ; index++) {
      const segment = this.#segments.at(index);
      if (segment === undefined || segment.baseOffset >= limit)
        return { ok: true, records: nothing, endOffset: startOffset };
      const position = this.#ends.find(segment, startOffset) ?? this.#positionOf(segment, startOffset);
      // Compaction may have taken all that is left of a segment: the record asked for is then in the next one.
      if (position < segment.writtenBytes)
        return this.#readAt(segment, position, maxBytes, limit, minOneBatch, startOffset);
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
  ): ReadResult {
    const bytes = this.#tail.sliceFrom(segment, position) ?? this.#readFile(segment, position, maxBytes);
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
    if (end === 0 && hasHeader && batchSizeAt(bytes, 0) < 0) return { ok: false, error: Errors.CORRUPT_MESSAGE };
    if (end > 0) this.#ends.add(segment, endOffset, position + end);
    return { ok: true, records: bytes.subarray(0, end), endOffset };
  }

  /** At least the first batch whole, however large it is. */
  #readFile(segment: Segment, position: number, maxBytes: number): Buffer {
    const file = segment.file.use();
    const availableBytes = segment.writtenBytes - position;
    const wanted = this.#buffers.take(Math.min(Math.max(maxBytes, batchHeaderSizeBytes), availableBytes));
    const read = file.read(wanted, position);
    if (read < batchHeaderSizeBytes) return nothing;
    const firstBytes = batchSizeAt(wanted, 0);
    if (firstBytes <= wanted.length || firstBytes > availableBytes) return wanted.subarray(0, read);
    const whole = this.#buffers.take(firstBytes);
    return whole.subarray(0, file.read(whole, position));
  }
}
