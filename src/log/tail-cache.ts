import { assert } from "../base/assert.ts";
import { type BufferPool } from "../base/buffer-pool.ts";
import { type Segment } from "./segment/segment.ts";

const firstChunkBytes = 2_048;
const chunkBytesMax = 524_288;
/** Smaller batches are copied: what comes with them in their buffer would be kept for nothing. */
const adoptedBytesMin = 65_536;
/** So much memory of small chunks is kept for the next ones, of each size. */
const keptSmallMax = 64;
/** So many chunks that wait to be written a new one over the budget passes by at most. */
const passedByMax = 8;

/**
 * Bytes of a segment that were appended lately, in one piece: what the write queue writes from and what reads of the
 * log's end are slices of. Its memory is used again only when nobody has read it, because slices of it may be on their way
 * to a socket, and when no thread is writing from it; else it goes when the last of them is gone.
 */
class TailChunk {
  readonly owner: Tail;
  readonly segment: Segment;
  /** Where in the segment its first byte is. */
  readonly startPosition: number;
  readonly buffer: Buffer;
  /** The buffer of the pool that `buffer` is a part of. */
  readonly claimed: Buffer | undefined;
  usedBytes = 0;
  /** Slices of it went to readers, who may still hold them. */
  wasRead = false;
  /** A thread is writing from it. */
  isBeingWritten = false;

  constructor(owner: Tail, segment: Segment, buffer: Buffer, claimed: Buffer | undefined) {
    this.owner = owner;
    this.segment = segment;
    this.startPosition = segment.sizeBytes;
    this.buffer = buffer;
    this.claimed = claimed;
  }

  get memoryBytes(): number {
    return (this.claimed ?? this.buffer).length;
  }

  get isWritten(): boolean {
    return this.endPosition <= this.segment.writtenBytes;
  }

  get endPosition(): number {
    return this.startPosition + this.usedBytes;
  }

  append(bytes: Buffer): void {
    bytes.copy(this.buffer, this.usedBytes);
    this.usedBytes += bytes.length;
  }
}

/** The budget that the tails of all logs share. The chunks that were begun first go first. */
export class TailCache {
  readonly #budgetBytes: number;
  readonly #pool: BufferPool;
  #sizeBytes = 0;
  readonly #chunks = new Set<TailChunk>();
  /** By size. */
  readonly #smallMemories = new Map<number, Buffer[]>();

  constructor(budgetBytes: number, pool: BufferPool) {
    this.#budgetBytes = budgetBytes;
    this.#pool = pool;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @internal for `Tail`: an empty chunk for what comes behind the segment's end. */
  chunk(owner: Tail, segment: Segment, sizeBytes: number): TailChunk {
    const memory = sizeBytes < adoptedBytesMin ? this.#smallMemory(sizeBytes) : this.#pool.take(sizeBytes);
    return this.#add(new TailChunk(owner, segment, memory, this.#pool.claim(memory)));
  }

  /** @internal for `Tail`: a chunk of the bytes where they are, when that is worth it and they lie in memory of the pool. */
  adopt(owner: Tail, segment: Segment, bytes: Buffer): TailChunk | undefined {
    const claimed = bytes.length < adoptedBytesMin ? undefined : this.#pool.claim(bytes);
    if (claimed === undefined) return undefined;
    const chunk = new TailChunk(owner, segment, bytes, claimed);
    chunk.usedBytes = bytes.length;
    return this.#add(chunk);
  }

  #add(chunk: TailChunk): TailChunk {
    this.#chunks.add(chunk);
    this.#sizeBytes += chunk.memoryBytes;
    if (this.#sizeBytes <= this.#budgetBytes) return chunk;
    let passedBy = 0;
    for (const oldest of this.#chunks) {
      if (oldest === chunk) continue;
      if (oldest.isWritten) {
        oldest.owner.drop(oldest);
        if (this.#sizeBytes <= this.#budgetBytes) break;
        continue;
      }
      // What waits to be written is nowhere else: it stays, and the budget is passed for the rest of this turn. It goes
      // to the end, so that the next new chunk looks at others: thousands of logs may be appended to in one turn.
      if (++passedBy > passedByMax) break;
      this.#chunks.delete(oldest);
      this.#chunks.add(oldest);
    }
    return chunk;
  }

  /** @internal for `Tail` */
  remove(chunk: TailChunk): void {
    if (!this.#chunks.delete(chunk)) return;
    this.#sizeBytes -= chunk.memoryBytes;
    if (chunk.wasRead || chunk.isBeingWritten) return;
    if (chunk.claimed !== undefined) this.#pool.release(chunk.claimed);
    else this.#keepSmall(chunk.buffer);
  }

  /**
   * Thousands of logs that are written to in turn need a new small chunk for every few records. Fresh memory for each would
   * have the collector, which is told of it, look at the whole heap again and again.
   */
  #smallMemory(sizeBytes: number): Buffer {
    return this.#smallMemories.get(sizeBytes)?.pop() ?? Buffer.allocUnsafeSlow(sizeBytes);
  }

  #keepSmall(memory: Buffer): void {
    // Others are as large as one batch, and so of any size.
    if (memory.length % firstChunkBytes !== 0 || memory.length >= adoptedBytesMin) return;
    let kept = this.#smallMemories.get(memory.length);
    if (kept === undefined) this.#smallMemories.set(memory.length, (kept = []));
    if (kept.length < keptSmallMax) kept.push(memory);
  }
}

/** The newest bytes of one log. */
export class Tail {
  readonly #cache: TailCache;
  /** One behind the other, without a gap, in one segment or over the end of one into the next. */
  readonly #chunks: TailChunk[] = [];
  #nextChunkBytes = firstChunkBytes;
  #clears = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /**
   * Takes `bytes` in behind what the segment has; the caller then adds them to `segment.sizeBytes`. They are copied, or
   * become a chunk where they are when they were received into memory of their own.
   */
  append(segment: Segment, bytes: Buffer): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.segment === segment && last.endPosition === segment.sizeBytes) {
      if (last.buffer.length - last.usedBytes >= bytes.length) return last.append(bytes);
    }
    const adopted = this.#cache.adopt(this, segment, bytes);
    if (adopted === undefined) {
      const chunk = this.#cache.chunk(this, segment, Math.max(this.#nextChunkBytes, bytes.length));
      this.#nextChunkBytes = Math.min(chunkBytesMax, this.#nextChunkBytes * 2);
      chunk.append(bytes);
      this.#chunks.push(chunk);
    } else {
      this.#chunks.push(adopted);
    }
    // Nobody reads along: the system's cache is good enough for whoever comes later, and memory that is used again while
    // the processor's caches still have it is much faster.
    if (last?.wasRead === false) this.#dropUnread(last);
  }

  /** Drops what is written before `last`. */
  #dropUnread(last: TailChunk): void {
    for (
      let first = this.#chunks[0];
      first !== undefined && first !== last && first.isWritten;
      first = this.#chunks[0]
    ) {
      this.drop(first);
    }
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

  /** Keeps the memory of what is not written of `segment` as it is, until the function that it returns is called. */
  holdUnwritten(segment: Segment): () => void {
    const held = this.#chunks.filter((chunk) => chunk.segment === segment && !chunk.isWritten);
    for (const chunk of held) chunk.isBeingWritten = true;
    return () => {
      for (const chunk of held) chunk.isBeingWritten = false;
    };
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

  /** How often it was cleared: the log's bytes may have moved when it has changed. */
  get clears(): number {
    return this.#clears;
  }

  /** Forgets all bytes, for instance because the log was truncated. */
  clear(): void {
    this.#clears += 1;
    for (const chunk of this.#chunks.splice(0)) this.#cache.remove(chunk);
    this.#nextChunkBytes = firstChunkBytes;
  }
}
