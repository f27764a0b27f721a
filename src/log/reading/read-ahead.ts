import { type BufferPool } from "../../base/buffer-pool.ts";
import { DiskError, readSlackBytes, type ReadWay, type Timers } from "../../io/ports.ts";
import { parentOf } from "../log-files.ts";
import { type Segment } from "../segment/segment.ts";
import { type ChunkRequest, ReadChunk } from "./read-chunk.ts";

/** The memory that all chunks together take, those that are sent not counted. */
const budgetBytes = 33_554_432;
/** Reads wait in the pool's threads for the device; flushes need threads too. */
const underWayMax = 3;
/** How file systems say that they do not read past their cache. */
const notDirect: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP"]);
/** Nobody came for it: the consumer has gone elsewhere. */
const keptMs = 5_000;

/**
 * Reads chunks of files off the event loop, for all logs: those that a fetch waits for, and those that a reader will come
 * to next. Its memory is bounded; what was read for nobody goes first.
 */
export class ReadAhead {
  readonly #pool: BufferPool;
  readonly #timers: Timers;
  /** Those that were asked for first are first. */
  readonly #chunks = new Set<ReadChunk>();
  readonly #waiting: ReadChunk[] = [];
  /** Log directories whose file system reads through its cache only. */
  readonly #cachedOnly = new Set<string>();
  #sizeBytes = 0;
  #underWay = 0;
  #isSweepDue = false;

  constructor(pool: BufferPool, timers: Timers) {
    this.#pool = pool;
    this.#timers = timers;
  }

  /** Memory of the chunks. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether the file can be read past the system's cache, as far as that is known. */
  mayBeDirect(segment: Segment): boolean {
    return !this.#cachedOnly.has(logDirectoryOf(segment));
  }

  /** A chunk that a fetch waits for; undefined when the memory for it is not there. */
  read(request: ChunkRequest): ReadChunk | undefined {
    for (const chunk of this.#chunks) {
      if (this.#sizeBytes + request.sizeBytes <= budgetBytes) break;
      if (chunk.isRead) this.drop(chunk);
    }
    return this.#add(request);
  }

  /** As `read`, for one that may be wanted later: it takes the place of no other, and does not wait for its turn. */
  readForLater(request: ChunkRequest): ReadChunk | undefined {
    return this.#underWay >= underWayMax - 1 ? undefined : this.#add(request);
  }

  drop(chunk: ReadChunk): void {
    if (chunk.isDropped) return;
    chunk.isDropped = true;
    this.#chunks.delete(chunk);
    this.#sizeBytes -= chunk.request.sizeBytes;
    // The device may still write into the memory of one that is under way.
    if (chunk.isRead) this.#giveBack(chunk);
    chunk.request.onDropped(chunk);
  }

  #add(request: ChunkRequest): ReadChunk | undefined {
    const { sizeBytes } = request;
    if (this.#sizeBytes + sizeBytes > budgetBytes || this.#pool.readBytesLeft < sizeBytes) return undefined;
    const chunk = new ReadChunk(request);
    this.#chunks.add(chunk);
    this.#sizeBytes += sizeBytes;
    if (this.#underWay < underWayMax) void this.#run(chunk);
    else this.#waiting.push(chunk);
    return chunk;
  }

  async #run(chunk: ReadChunk): Promise<void> {
    this.#underWay++;
    try {
      const { way } = chunk.request;
      const isRefused = (await this.#readInto(chunk, way)) === "refused";
      if (isRefused) await this.#readInto(chunk, "cached");
    } finally {
      this.#underWay--;
      if (chunk.isDropped) this.#giveBack(chunk);
      else if (!chunk.isRead) {
        this.drop(chunk);
        this.#giveBack(chunk);
      }
      chunk.settle();
      this.#runNext();
      this.#sweepLater();
    }
  }

  async #readInto(chunk: ReadChunk, way: ReadWay): Promise<"done" | "refused"> {
    const { disk, clock, segment, position, sizeBytes, onRead } = chunk.request;
    const startMs = clock.monotonicMs();
    chunk.memory ??= this.#pool.takeToRead(sizeBytes + readSlackBytes);
    try {
      const bytes = await disk.readAsync(segment.file.path, chunk.memory, position, sizeBytes, way);
      chunk.usedMs = clock.monotonicMs();
      if (chunk.isDropped || bytes.length === 0) return "done";
      chunk.bytes = bytes;
      onRead(chunk, way, chunk.usedMs - startMs);
    } catch (error) {
      const { code } = DiskError.from(error);
      if (way === "direct" && notDirect.has(code)) {
        this.#cachedOnly.add(logDirectoryOf(segment));
        return "refused";
      }
      // It fails again for the reader, who then reads on the event loop, and says what it is.
    }
    return "done";
  }

  #runNext(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (next.isDropped) {
        next.settle();
        continue;
      }
      void this.#run(next);
      return;
    }
  }

  #giveBack(chunk: ReadChunk): void {
    if (chunk.memory !== undefined) this.#pool.giveBack(chunk.memory);
    chunk.memory = undefined;
  }

  #sweepLater(): void {
    if (this.#isSweepDue || this.#chunks.size === 0) return;
    this.#isSweepDue = true;
    this.#timers.after(keptMs, () => {
      this.#isSweepDue = false;
      for (const chunk of this.#chunks) {
        if (chunk.isRead && chunk.request.clock.monotonicMs() - chunk.usedMs >= keptMs) this.drop(chunk);
      }
      this.#sweepLater();
    });
  }
}

function logDirectoryOf(segment: Segment): string {
  return parentOf(parentOf(segment.file.path));
}
