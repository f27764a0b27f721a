import { type DiskFile } from "../io/ports.ts";
import { batchHeaderSizeBytes, batchSizeBytesMin, type BatchView } from "../protocol/records/batch-header.ts";
import { batchAt } from "../protocol/records/message-view.ts";
import { batchSizeAt } from "./batch-bytes.ts";

/** False ends the scan before this batch. */
export type BatchVisitor = (batch: BatchView, position: number) => boolean;

/** Goes through the batches of files. Its memory is used again: the views that a visitor gets end with the scan. */
class Scanner {
  readonly #chunkBytes: number;
  readonly #neededBytesMax: number;
  #scratch: Buffer | undefined;

  /**
   * @param chunkBytes how large the pieces are that it reads
   * @param neededBytesMax so much of a batch, if it has that, must be in memory when it is visited
   */
  constructor(chunkBytes: number, neededBytesMax: number) {
    this.#chunkBytes = chunkBytes;
    this.#neededBytesMax = neededBytesMax;
  }

  scan(file: DiskFile, start: number, end: number, visit: BatchVisitor): number {
    const scratch = this.#scratch ?? Buffer.allocUnsafeSlow(this.#chunkBytes);
    // A visitor that scans itself gets a buffer of its own.
    this.#scratch = undefined;
    try {
      return this.#scanWith(scratch, file, start, end, visit);
    } finally {
      this.#scratch = scratch;
    }
  }

  #scanWith(scratch: Buffer, file: DiskFile, start: number, end: number, visit: BatchVisitor): number {
    const neededBytesMax = this.#neededBytesMax;
    // Where in the file the chunk begins, and how many of its bytes are there already.
    let position = start;
    let kept = 0;
    let chunk = scratch;
    while (position < end) {
      const wanted = Math.min(chunk.length, end - position);
      const length = kept + (wanted > kept ? file.read(chunk.subarray(kept, wanted), position + kept) : 0);
      let at = 0;
      while (length - at >= batchSizeBytesMin) {
        const sizeBytes = batchSizeAt(chunk, at);
        if (sizeBytes < 0 || position + at + sizeBytes > end) return position + at;
        if (at + Math.min(sizeBytes, neededBytesMax) > length) break;
        if (!visit(batchAt(chunk, at), position + at)) return position + at;
        at += sizeBytes;
      }
      // What is left of the chunk is the beginning of the next batch.
      kept = Math.max(0, length - at);
      if (at > 0) chunk.copyWithin(0, at, length);
      else {
        // Not one batch was there whole: the piece is too small for it, or the file ends.
        const needed = length < batchSizeBytesMin ? 0 : Math.min(batchSizeAt(chunk, 0), neededBytesMax);
        if (chunk.length >= needed) return position;
        const larger = Buffer.allocUnsafe(needed);
        chunk.copy(larger, 0, 0, length);
        chunk = larger;
      }
      position += at;
    }
    return position;
  }
}

const wholeBatches = new Scanner(262_144, Infinity);
const headers = new Scanner(16_384, batchHeaderSizeBytes);

/**
 * Reads the batches of a file from `start` to `end` in large pieces and calls `visit` with each and its position. Returns
 * the position behind the last batch that was visited and wanted: less than `end` when `visit` ended the scan, or when
 * what follows is no whole batch.
 */
export function scanBatches(file: DiskFile, start: number, end: number, visit: BatchVisitor): number {
  return wholeBatches.scan(file, start, end, visit);
}

/** As `scanBatches`, but only the header of each batch is there to look at; large batches are skipped, not read. */
export function scanHeaders(file: DiskFile, start: number, end: number, visit: BatchVisitor): number {
  return headers.scan(file, start, end, visit);
}
