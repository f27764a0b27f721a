import { type Offset } from "../../base/brand.ts";
import { type Clock, type Disk, readSlackBytes, type ReadWay } from "../../io/ports.ts";
import { batchSizeAt, holdsBatchAt } from "../batch-bytes.ts";
import { batchSizeBytesMin } from "../../protocol/records/batch-header.ts";
import { type FileReadAllowance } from "./file-read-allowance.ts";
import { DirectReads } from "./direct-reads.ts";
import { type ReadAhead } from "./read-ahead.ts";
import { type ReadChunk } from "./read-chunk.ts";
import { nextReadMode, paceAfter, type ReadMode } from "./read-pace.ts";
import { type ReadStream, ReadStreams } from "./read-streams.ts";
import { type Segment } from "../segment/segment.ts";

/** With the room for whole blocks a buffer of the pool. */
const chunkBytes = 2_097_152 - readSlackBytes;
const chunkBytesMax = 16_777_216 - readSlackBytes;
/** Who asks for less is followed only when a read of it was slow. */
const laggingBytesMin = 262_144;
/** The newest part of a log has just been written, and so is in the system's cache unless the broker was just started. */
const freshBytes = 16_777_216;
/** Less than that is not worth a thread. */
const aheadBytesMin = 65_536;

/** What a look at the chunks has brought. */
export type Lookup =
  /** The bytes from the position on, a whole batch at least, in memory of the chunk. */
  | { readonly kind: "chunk"; readonly chunk: ReadChunk; readonly bytes: Buffer }
  /** The reader is to come again when it is read. */
  | { readonly kind: "later" }
  /** To be read at once. */
  | { readonly kind: "now" }
  /** Not now. */
  | { readonly kind: "none" };

const later: Lookup = { kind: "later" };
const now: Lookup = { kind: "now" };
const none: Lookup = { kind: "none" };

/**
 * What the readers of one log that lag read from its files: in large chunks, off the event loop while those come from the
 * device, and the next one ahead. A reader that has to wait comes again, and finds its chunk; whatever happened to the log
 * in between, it is looked at as for a new request.
 */
export class LaggingReads {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #readAhead: ReadAhead;
  readonly #streams = new ReadStreams(chunkBytes);
  readonly #directReads = new DirectReads();
  #chunks: ReadChunk[] = [];

  constructor(disk: Disk, clock: Clock, readAhead: ReadAhead) {
    this.#disk = disk;
    this.#clock = clock;
    this.#readAhead = readAhead;
  }

  /** The reader that goes on there. */
  streamAt(offset: Offset): ReadStream | undefined {
    return this.#streams.find(offset);
  }

  /** Whether a read, which the tail does not have, is to be followed as one of a reader that lags. */
  isLagging(segment: Segment, position: number, maxBytes: number, isActive: boolean): boolean {
    const leftBytes = segment.writtenBytes - position;
    return Math.min(leftBytes, maxBytes) >= laggingBytesMin && !(isActive && leftBytes <= freshBytes);
  }

  startStream(segment: Segment, offset: Offset, position: number): ReadStream {
    return this.#streams.start(segment, offset, position);
  }

  /**
   * How the stream gets the batch at its position.
   *
   * @param isNeeded the fetch has nothing yet
   */
  look(stream: ReadStream, maxBytes: number, isNeeded: boolean, allowance: FileReadAllowance): Lookup {
    const { segment, position } = stream;
    const chunk = this.#chunkFor(segment, position);
    if (chunk?.isRead === true) return { kind: "chunk", chunk, bytes: chunk.from(position) };
    if (chunk === undefined && !this.#makeRoom(stream)) return isNeeded ? now : none;
    if (stream.pace.place === "memory") return now;
    if (!allowance.mayWait) {
      allowance.wasShort = true;
      return isNeeded ? now : none;
    }
    const awaited = chunk ?? (allowance.leftBytes > 0 ? this.#read(stream, position, true) : undefined);
    if (awaited === undefined) {
      allowance.wasShort = true;
      return isNeeded && !allowance.isWaiting ? now : none;
    }
    allowance.leftBytes -= Math.min(awaited.request.sizeBytes, maxBytes);
    allowance.waitFor(awaited.settled);
    return later;
  }

  /** The stream has got the bytes up to `end`, which goes on there; `chunk` is what they lie in. */
  advance(stream: ReadStream, offset: Offset, end: number, chunk: ReadChunk | undefined): void {
    const wasSequential = stream.isSequential;
    this.#streams.advance(stream, offset, end);
    if (chunk === undefined) return;
    chunk.usedMs = this.#clock.monotonicMs();
    if (wasSequential) this.#readOn(stream, chunk.wholeEnd);
    if (!holdsBatchAt(chunk.from(end), 0)) this.#readAhead.drop(chunk);
  }

  /** After a read on the event loop. */
  noteRead(stream: ReadStream, mode: ReadMode, sizeBytes: number, tookMs: number): void {
    stream.pace = paceAfter(stream.pace, mode, sizeBytes, tookMs);
  }

  /** The log's bytes have moved. */
  forget(): void {
    this.#streams.forget();
    for (const chunk of this.#chunks) this.#readAhead.drop(chunk);
  }

  #readOn(stream: ReadStream, position: number): void {
    if (stream.pace.place === "memory" || stream.segment.writtenBytes - position < aheadBytesMin) return;
    if (this.#chunkFor(stream.segment, position) === undefined) this.#read(stream, position, false);
  }

  #read(stream: ReadStream, position: number, isAwaited: boolean): ReadChunk | undefined {
    const { segment } = stream;
    const { flushedBytes } = segment.file;
    const wasReadLately = this.#directReads.has(segment, position, this.#clock.monotonicMs());
    const canBeDirect = flushedBytes - position >= aheadBytesMin && this.#readAhead.mayBeDirect(segment);
    const mode = nextReadMode(stream.pace, canBeDirect, wasReadLately);
    if (mode === "now") return undefined;
    const end = mode === "direct" ? flushedBytes : segment.writtenBytes;
    const request = {
      disk: this.#disk,
      clock: this.#clock,
      segment,
      position,
      sizeBytes: Math.min(stream.chunkBytes, end - position),
      way: mode,
      onRead: (chunk: ReadChunk, way: ReadWay, tookMs: number) =>
        this.noteRead(stream, way, chunk.bytes.length, tookMs),
      onDropped: (chunk: ReadChunk) => {
        this.#chunks = this.#chunks.filter((other) => other !== chunk);
      },
    };
    const chunk = isAwaited ? this.#readAhead.read(request) : this.#readAhead.readForLater(request);
    if (chunk === undefined) return undefined;
    this.#chunks.push(chunk);
    if (mode === "direct") this.#directReads.add(segment, position, this.#clock.monotonicMs());
    return chunk;
  }

  /** The one that has a whole batch at the position, or may have it soon. */
  #chunkFor(segment: Segment, position: number): ReadChunk | undefined {
    return this.#chunks.find(
      (chunk) => chunk.covers(segment, position) && (!chunk.isRead || holdsBatchAt(chunk.from(position), 0)),
    );
  }

  /** Sees to it that the stream's next chunk holds the batch that was too large for the last one; false when none can. */
  #makeRoom(stream: ReadStream): boolean {
    const { segment, position } = stream;
    const small = this.#chunks.find(
      ({ isRead, request }) => isRead && request.segment === segment && request.position === position,
    );
    if (small === undefined) return true;
    const { bytes } = small;
    this.#readAhead.drop(small);
    const neededBytes = bytes.length < batchSizeBytesMin ? -1 : batchSizeAt(bytes, 0);
    stream.chunkBytes = Math.min(Math.max(neededBytes, chunkBytes), chunkBytesMax);
    return neededBytes >= 0 && neededBytes <= chunkBytesMax;
  }
}
