import { type Segment } from "./segment/segment.ts";
import { type Segments } from "./segment/segments.ts";
import { type Tail } from "./tail-cache.ts";

/**
 * What was appended to a log and the operating system does not have yet: the bytes wait in the tail, those of a segment that
 * has ended before those of the next one. A file of a segment that has ended is cut to its length once it has them all.
 */
export class WriteBehind {
  readonly #log: { readonly isUsable: boolean };
  readonly #segments: Segments;
  readonly #tail: Tail;
  /** Segments that ended while their last bytes waited, in order. */
  readonly #ended: Segment[] = [];
  #isWriting = false;

  constructor(log: { readonly isUsable: boolean }, segments: Segments, tail: Tail) {
    this.#log = log;
    this.#segments = segments;
    this.#tail = tail;
  }

  /** A thread is writing to the log's newest segments: what it writes must not be cut. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** Bytes that wait, those that a thread is writing among them. */
  get sizeBytes(): number {
    const { active } = this.#segments;
    let sizeBytes = active.sizeBytes - active.writtenBytes;
    for (const segment of this.#ended) sizeBytes += segment.sizeBytes - segment.writtenBytes;
    return sizeBytes;
  }

  /** The segments that may have such bytes, in order. */
  segments(): Segment[] {
    return [...this.#ended, this.#segments.active];
  }

  /** Another segment is the active one now; what `ended` lacks is written when the next one's bytes are, before them. */
  onSegmentEnded(ended: Segment): void {
    this.#ended.push(ended);
    this.#finish(ended);
  }

  #finish(segment: Segment): void {
    const index = this.#ended.indexOf(segment);
    if (index < 0 || segment.writtenBytes < segment.sizeBytes) return;
    segment.trim();
    this.#ended.splice(index, 1);
  }

  /** Hands to the operating system what it lacks. */
  writeAll(): void {
    for (const segment of this.#ended.slice()) this.#write(segment);
    this.#write(this.#segments.active);
  }

  #write(segment: Segment): void {
    if (segment.writtenBytes < segment.sizeBytes) {
      segment.file.use().write(this.#tail.unwritten(segment), segment.writtenBytes);
      segment.writtenBytes = segment.sizeBytes;
    }
    this.#finish(segment);
  }

  /**
   * As `writeAll`, off the event loop. Who cannot wait may call that one meanwhile: it writes the same bytes to the same
   * places.
   */
  async writeAllAsync(): Promise<void> {
    const log = this.#log;
    const tail = this.#tail;
    const { clears } = tail;
    const writes = this.segments().map((segment) => ({
      segment,
      slices: tail.unwritten(segment),
      position: segment.writtenBytes,
      end: segment.sizeBytes,
      release: tail.holdUnwritten(segment),
    }));
    this.#isWriting = true;
    try {
      for (const { segment, slices, position, end } of writes) {
        // The log was closed, or emptied: its files are left alone.
        if (!log.isUsable || clears !== tail.clears) return;
        if (slices.length > 0) await segment.file.writeAsync(slices, position);
        segment.writtenBytes = Math.max(segment.writtenBytes, end);
        if (log.isUsable && clears === tail.clears) this.#finish(segment);
      }
    } finally {
      this.#isWriting = false;
      for (const { release } of writes) release();
    }
  }

  /** The segments have gone. */
  forget(): void {
    this.#ended.length = 0;
  }
}
