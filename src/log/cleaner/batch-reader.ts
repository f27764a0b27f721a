import { type DiskFile } from "../../io/ports.ts";
import { batchHeaderSizeBytes, batchSizeBytesMin, type BatchView } from "../../protocol/records/batch-header.ts";
import { batchAt } from "../../protocol/records/message-view.ts";
import { batchSizeAt } from "../batch-bytes.ts";

/** A segment cannot be read as batches: its log is left as it is. */
export class UncleanableError extends Error {
  override readonly name = "UncleanableError";
}

/**
 * Reads the batches of a segment piece by piece: `while (reader.fill()) for each reader.next()`. What `next` returns is good
 * until the next `fill`.
 */
export class BatchReader {
  readonly #file: DiskFile;
  readonly #endPosition: number;
  #buffer: Buffer;
  #position: number;
  #length = 0;
  #at = 0;

  constructor(file: DiskFile, startPosition: number, endPosition: number, bufferBytes: number) {
    this.#file = file;
    this.#position = startPosition;
    this.#endPosition = endPosition;
    this.#buffer = Buffer.allocUnsafe(Math.max(bufferBytes, batchHeaderSizeBytes));
  }

  /** Bytes that the last `fill` has read. */
  get filledBytes(): number {
    return this.#length;
  }

  /** Reads a piece with at least one batch; false at the segment's end. */
  fill(): boolean {
    this.#position += this.#at;
    this.#at = 0;
    this.#length = 0;
    const leftBytes = this.#endPosition - this.#position;
    if (leftBytes === 0) return false;
    this.#read(leftBytes);
    const firstBytes = this.#length < batchSizeBytesMin ? -1 : batchSizeAt(this.#buffer, 0);
    if (firstBytes < 0 || firstBytes > leftBytes) this.#refuse("no whole batch is there");
    if (firstBytes > this.#length) {
      this.#buffer = Buffer.allocUnsafe(firstBytes);
      this.#read(leftBytes);
    }
    return true;
  }

  /** The next batch of the piece, its checksum checked; null when the piece has no more. */
  next(): BatchView | null {
    const at = this.#at;
    if (this.#length - at < batchSizeBytesMin) return null;
    const sizeBytes = batchSizeAt(this.#buffer, at);
    if (sizeBytes < 0) this.#refuse("a batch has a header that is none");
    if (at + sizeBytes > this.#length) return null;
    const batch = batchAt(this.#buffer, at);
    // What is damaged must not get a new checksum.
    if (!batch.isValidCrc()) this.#refuse("a batch has a wrong checksum");
    this.#at += sizeBytes;
    return batch;
  }

  #read(leftBytes: number): void {
    this.#length = this.#file.read(this.#buffer.subarray(0, Math.min(this.#buffer.length, leftBytes)), this.#position);
  }

  #refuse(reason: string): never {
    throw new UncleanableError(`${this.#file.path} at position ${this.#position + this.#at}: ${reason}`);
  }
}
