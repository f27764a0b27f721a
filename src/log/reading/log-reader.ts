import { type BufferPool } from "../../base/buffer-pool.ts";
import { type Offset } from "../../base/brand.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { batchHeaderSizeBytes, batchSizeBytesMin } from "../../protocol/records/batch-header.ts";
import { batchSizeAt, lastOffsetAt } from "../batch-bytes.ts";
import { type FileReadAllowance } from "./file-read-allowance.ts";
import { FileReads, firstReadBytes } from "./file-reads.ts";
import { LaggingReads } from "./lagging-reads.ts";
import { type LogStorage } from "../log-storage.ts";
import { type ReadAhead } from "./read-ahead.ts";
import { ReadEnds } from "./read-ends.ts";
import { type ReadStream } from "./read-streams.ts";
import { type Segment } from "../segment/segment.ts";
import { type Segments } from "../segment/segments.ts";
import { type Tail } from "../tail-cache.ts";

export type ReadResult =
  | { readonly ok: true; readonly records: Buffer; /** Offset behind the last record. */ readonly endOffset: Offset }
  | { readonly ok: false; readonly error: ErrorCode };

/** What is asked for. */
interface Wanted {
  readonly startOffset: Offset;
  readonly maxBytes: number;
  readonly limit: Offset;
  readonly minOneBatch: boolean;
}

const nothing: Buffer = Buffer.alloc(0);
/** A read of a file that takes as long as this was not from memory. */
const slowMs = 2;

/**
 * Reads whole batches: from the tail in memory where it still has them, else with one positional read of the file, for
 * readers that lag from what was read off the event loop.
 */
export class LogReader {
  readonly #storage: LogStorage;
  readonly #segments: Segments;
  readonly #tail: Tail;
  readonly #files: FileReads;
  readonly #ends = new ReadEnds();
  readonly #lagging: LaggingReads;
  #removals = 0;
  #clears = 0;
  #endOffset: Offset = 0;

  constructor(storage: LogStorage, buffers: BufferPool, readAhead: ReadAhead) {
    this.#storage = storage;
    this.#segments = storage.segments;
    this.#tail = storage.tail;
    this.#files = new FileReads(buffers);
    this.#lagging = new LaggingReads(storage.disk, storage.clock, readAhead);
  }

  /**
   * Whole batches from the one that holds `startOffset`.
   *
   * @param upperBound no record at or behind it is returned, nor any that the operating system does not have
   * @param allowance for reads whose result goes to a client, which then gives its memory back to the pool
   */
  read(
    startOffset: Offset,
    maxBytes: number,
    upperBound: Offset,
    minOneBatch: boolean,
    allowance: FileReadAllowance | undefined,
  ): ReadResult {
    const storage = this.#storage;
    // A closed log's files may have gone or be another log's: a look at them would seem to be a failure of the disk.
    if (!storage.isUsable) return { ok: false, error: Errors.KAFKA_STORAGE_ERROR };
    if (startOffset < storage.startOffset || startOffset > storage.endOffset) {
      return { ok: false, error: Errors.OFFSET_OUT_OF_RANGE };
    }
    try {
      return this.#read(startOffset, maxBytes, Math.min(upperBound, storage.writtenOffset), minOneBatch, allowance);
    } catch (error) {
      storage.refuse(error);
      return { ok: false, error: Errors.KAFKA_STORAGE_ERROR };
    }
  }

  #read(
    startOffset: Offset,
    maxBytes: number,
    limit: Offset,
    minOneBatch: boolean,
    allowance: FileReadAllowance | undefined,
  ): ReadResult {
    if (startOffset >= limit || (maxBytes <= 0 && !minOneBatch)) return nothingAt(startOffset);
    this.#forgetWhatMoved();
    let stream = allowance === undefined ? undefined : this.#lagging.streamAt(startOffset);
    for (let index = Math.max(0, this.#segments.indexFor(startOffset)); ; index++) {
      const segment = this.#segments.at(index);
      if (segment === undefined || segment.baseOffset >= limit) return nothingAt(startOffset);
      let position = stream === undefined ? this.#ends.find(segment, startOffset) : placeOf(stream, segment);
      if (position === undefined) {
        // The search reads files too.
        if (!minOneBatch && allowance !== undefined && allowance.leftBytes < batchHeaderSizeBytes) {
          allowance.wasShort = true;
          return nothingAt(startOffset);
        }
        position = this.#positionOf(segment, startOffset);
      }
      // Compaction may have taken all that is left of a segment: the record asked for is then in the next one.
      if (position >= segment.writtenBytes) continue;
      const inMemory = this.#tail.sliceFrom(segment, position);
      if (inMemory !== undefined) {
        const sizeBytes = this.#wholeBatches(inMemory, startOffset, maxBytes, limit, minOneBatch);
        if (sizeBytes > 0) this.#ends.add(segment, this.#endOffset, position + sizeBytes);
        return resultOf(inMemory, inMemory.subarray(0, sizeBytes), this.#endOffset);
      }
      const wanted = { startOffset, maxBytes, limit, minOneBatch };
      if (allowance === undefined) return this.#readFile(segment, position, wanted, undefined, undefined);
      stream = this.#streamFor(stream, segment, position, wanted);
      if (stream !== undefined) return this.#readLagging(stream, wanted, allowance);
      return this.#readFile(segment, position, wanted, allowance, undefined);
    }
  }

  #forgetWhatMoved(): void {
    const { removals } = this.#segments;
    const { clears } = this.#tail;
    if (removals === this.#removals && clears === this.#clears) return;
    this.#removals = removals;
    this.#clears = clears;
    this.#ends.forget();
    this.#lagging.forget();
  }

  /** Position of the first batch that ends at or behind `offset`. */
  #positionOf(segment: Segment, offset: Offset): number {
    let position = segment.indexes.scanStartFor(offset);
    for (let slice = this.#tail.sliceFrom(segment, position); slice !== undefined;) {
      for (let at = 0; at < slice.length;) {
        if (lastOffsetAt(slice, at) >= offset) return position + at;
        at += batchSizeAt(slice, at);
      }
      position += slice.length;
      slice = this.#tail.sliceFrom(segment, position);
    }
    return position >= segment.writtenBytes ? position : segment.positionOf(offset);
  }

  /**
   * How many of `bytes` are whole batches that the reader gets; the offset behind them is then `#endOffset`, so that reads
   * of the tail make nothing for the collector but their result.
   */
  #wholeBatches(bytes: Buffer, startOffset: Offset, maxBytes: number, limit: Offset, minOneBatch: boolean): number {
    let end = 0;
    this.#endOffset = startOffset;
    while (bytes.length - end >= batchSizeBytesMin) {
      const sizeBytes = batchSizeAt(bytes, end);
      if (sizeBytes < 0 || end + sizeBytes > bytes.length) break;
      const lastOffset = lastOffsetAt(bytes, end);
      if (lastOffset >= limit || (end + sizeBytes > maxBytes && !(minOneBatch && end === 0))) break;
      end += sizeBytes;
      this.#endOffset = lastOffset + 1;
    }
    return end;
  }

  /** The reader that lags whose read this is: one that is known, or begins here. Undefined when it is none. */
  #streamFor(
    known: ReadStream | undefined,
    segment: Segment,
    position: number,
    { startOffset, maxBytes }: Wanted,
  ): ReadStream | undefined {
    if (known !== undefined) {
      // It may have come here over the end of another segment.
      known.segment = segment;
      known.position = position;
      return known;
    }
    const isActive = segment === this.#segments.active;
    if (!this.#lagging.isLagging(segment, position, maxBytes, isActive)) return undefined;
    return this.#lagging.startStream(segment, startOffset, position);
  }

  /** @param stream the reader that lags, if it is one */
  #readFile(
    segment: Segment,
    position: number,
    { startOffset, maxBytes, limit, minOneBatch }: Wanted,
    allowance: FileReadAllowance | undefined,
    stream: ReadStream | undefined,
  ): ReadResult {
    // It would be read again.
    if (allowance?.isWaiting === true) return nothingAt(startOffset);
    const { clock } = this.#storage;
    const startMs = clock.monotonicMs();
    const bytes = this.#files.read(segment, position, maxBytes, minOneBatch, allowance);
    const tookMs = clock.monotonicMs() - startMs;
    const sizeBytes = this.#wholeBatches(bytes, startOffset, maxBytes, limit, minOneBatch);
    const endOffset = this.#endOffset;
    if (stream !== undefined) {
      this.#lagging.noteRead(stream, "now", bytes.length, tookMs);
      if (sizeBytes > 0) this.#lagging.advance(stream, endOffset, position + sizeBytes, undefined);
    } else if (sizeBytes > 0) {
      this.#ends.add(segment, endOffset, position + sizeBytes);
      // What comes next is likely to be on the device too.
      if (allowance !== undefined && tookMs >= slowMs) {
        this.#lagging.startStream(segment, endOffset, position + sizeBytes);
      }
    }
    return resultOf(bytes, this.#files.keep(bytes, sizeBytes, allowance), endOffset);
  }

  #readLagging(stream: ReadStream, wanted: Wanted, allowance: FileReadAllowance): ReadResult {
    const { segment, position } = stream;
    const { startOffset, maxBytes, limit, minOneBatch } = wanted;
    const lookup = this.#lagging.look(stream, maxBytes, minOneBatch, allowance);
    if (lookup.kind === "now") return this.#readFile(segment, position, wanted, allowance, stream);
    if (lookup.kind !== "chunk") return nothingAt(startOffset);
    const { bytes, chunk } = lookup;
    // Chunks count in the budget of all that waits to be sent; a fetch still has its share only.
    const allowedBytes = minOneBatch ? Math.max(allowance.leftBytes, firstReadBytes) : allowance.leftBytes;
    if (allowedBytes < maxBytes) allowance.wasShort = true;
    const sizeBytes = this.#wholeBatches(bytes, startOffset, Math.min(maxBytes, allowedBytes), limit, minOneBatch);
    if (sizeBytes === 0) return nothingAt(startOffset);
    allowance.leftBytes -= sizeBytes;
    const records = this.#files.keepOfChunk(bytes.subarray(0, sizeBytes));
    this.#lagging.advance(stream, this.#endOffset, position + sizeBytes, chunk);
    return { ok: true, records, endOffset: this.#endOffset };
  }
}

/** Where a reader goes on: behind the end of a segment the next one begins. */
function placeOf(stream: ReadStream, segment: Segment): number | undefined {
  if (stream.segment === segment) return stream.position;
  return stream.offset <= segment.baseOffset ? 0 : undefined;
}

/** Where no batch can be, a reader would come back for ever: it is told instead. */
function resultOf(bytes: Buffer, records: Buffer, endOffset: Offset): ReadResult {
  const isCorrupt = records.length === 0 && bytes.length >= batchSizeBytesMin && batchSizeAt(bytes, 0) < 0;
  return isCorrupt ? { ok: false, error: Errors.CORRUPT_MESSAGE } : { ok: true, records, endOffset };
}

function nothingAt(offset: Offset): ReadResult {
  return { ok: true, records: nothing, endOffset: offset };
}
