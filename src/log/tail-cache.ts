import { assert } from "../base/assert.ts";
import { type Segment } from "./segment.ts";

const firstChunkBytes = 8_192;
const chunkBytesMax = 524_288;
const unusedChunksMax = 16;

/**
 * Bytes of a segment that were appended lately, in one piece: what the write queue writes from and what reads of the
 * log's end are slices of. Its memory is used again only when nobody has read it, because slices of it may be on their way
 * to a socket; else it goes when the last of them is gone.
 */
class TailChunk {
  readonly segment: Segment;
  /** Where in the segment its first byte is. */
  readonly startPosition: number;
  readonly buffer: Buffer;
  usedBytes = 0;
  /** Slices of it went to readers, who may still hold them. */
  wasRead = false;
  readonly owner: Tail;

  constructor(owner: Tail, segment: Segment, startPosition: number, buffer: Buffer) {
    this.owner = owner;
    this.segment = segment;
    this.startPosition = startPosition;
    this.buffer = buffer;
  }

  get endPosition(): number {
    return this.startPosition + this.usedBytes;
  }
}

/** The budget that the tails of all logs share. The chunks that were begun first go first. */
export class TailCache {
  readonly #budgetBytes: number;
  #sizeBytes = 0;
  readonly #chunks = new Set<TailChunk>();
  readonly #unused: Buffer[] = [];

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @internal for `Tail` */
  add(chunk: TailChunk): void {
    this.#chunks.add(chunk);
    this.#sizeBytes += chunk.buffer.length;
    if (this.#sizeBytes <= this.#budgetBytes) return;
    for (const oldest of this.#chunks) {
      if (oldest === chunk) continue;
      // What waits to be written is nowhere else: it stays, and the budget is passed for the rest of this turn.
      if (oldest.endPosition <= oldest.segment.writtenBytes) oldest.owner.drop(oldest);
      if (this.#sizeBytes <= this.#budgetBytes) return;
    }
  }

  /** @internal for `Tail` */
  remove(chunk: TailChunk): void {
    if (!this.#chunks.delete(chunk)) return;
    this.#sizeBytes -= chunk.buffer.length;
    const isFree = !chunk.wasRead && chunk.buffer.length === chunkBytesMax;
    if (isFree && this.#unused.length < unusedChunksMax) this.#unused.push(chunk.buffer);
  }

  /** @internal for `Tail`: memory for a chunk, where it can be that of one which nobody has seen. */
  take(sizeBytes: number): Buffer {
    return (sizeBytes === chunkBytesMax ? this.#unused.pop() : undefined) ?? Buffer.allocUnsafeSlow(sizeBytes);
  }
}

/** The newest bytes of one log. */
export class Tail {
  readonly #cache: TailCache;
  /** One behind the other, without a gap, in one segment or over the end of one into the next. */
  readonly #chunks: TailChunk[] = [];
  #nextChunkBytes = firstChunkBytes;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** Copies `bytes` behind what the segment has; the caller then adds them to `segment.sizeBytes`. */
  append(segment: Segment, bytes: Buffer): void {
    let chunk = this.#chunks.at(-1);
    if (
      chunk === undefined ||
      chunk.segment !== segment ||
      chunk.endPosition !== segment.sizeBytes ||
      chunk.buffer.length - chunk.usedBytes < bytes.length
    ) {
      chunk = new TailChunk(
        this,
        segment,
        segment.sizeBytes,
        this.#cache.take(Math.max(this.#nextChunkBytes, bytes.length)),
      );
      this.#nextChunkBytes = Math.min(chunkBytesMax, this.#nextChunkBytes * 2);
      this.#chunks.push(chunk);
      this.#cache.add(chunk);
    }
    bytes.copy(chunk.buffer, chunk.usedBytes);
    chunk.usedBytes += bytes.length;
  }

  /** The bytes of `segment` that its file lacks. */
  unwritten(segment: Segment): Buffer[] {
    const slices: Buffer[] = [];
    let position = segment.writtenBytes;
    for (const chunk of this.#chunks) {
      if (chunk.segment !== segment || chunk.endPosition <= position) continue;
      slices.push(chunk.buffer.subarray(position - chunk.startPosition, chunk.usedBytes));
      position = chunk.endPosition;
    }
    assert(position === segment.sizeBytes, "the tail has all that is not written");
    return slices;
  }

  /** The bytes from `position` to the end of their chunk, whole batches when `position` is a batch's; undefined if gone. */
  sliceFrom(segment: Segment, position: number): Buffer | undefined {
    for (let index = this.#chunks.length - 1; index >= 0; index--) {
      const chunk = this.#chunks[index]!;
      if (chunk.segment !== segment || position >= chunk.endPosition) return undefined;
      if (position < chunk.startPosition) continue;
      const end = Math.min(chunk.endPosition, segment.writtenBytes);
      if (position >= end) return undefined;
      chunk.wasRead = true;
      return chunk.buffer.subarray(position - chunk.startPosition, end - chunk.startPosition);
    }
    return undefined;
  }

  /** @internal for `TailCache` */
  drop(chunk: TailChunk): void {
    const index = this.#chunks.indexOf(chunk);
    assert(index >= 0, "a chunk is dropped by the tail that has it");
    this.#chunks.splice(index, 1);
    this.#cache.remove(chunk);
    // A log that is written to all the time goes on with large chunks; one that fell silent begins small again.
    if (this.#chunks.length === 0) this.#nextChunkBytes = firstChunkBytes;
  }

  /** Forgets all bytes, for instance because the log was truncated. */
  clear(): void {
    for (const chunk of this.#chunks.splice(0)) this.#cache.remove(chunk);
    this.#nextChunkBytes = firstChunkBytes;
  }
}
