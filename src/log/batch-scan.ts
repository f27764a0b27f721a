import { type DiskFile } from "../io/ports.ts";
import {
  batchHeaderSizeBytes,
  BatchView,
  currentMagic,
  lengthAt,
  logOverheadBytes,
  magicAt,
} from "../protocol/records/batch-header.ts";

const wholeChunkBytes = 262_144;
const headerChunkBytes = 16_384;
/** What scans read into: one of each size, since a scan ends before the next begins. Views of it end with the scan. */
const scratch = new Map<number, Buffer>();

/** False ends the scan before this batch. */
export type BatchVisitor = (batch: BatchView, position: number) => boolean;

/**
 * Reads the batches of a file from `start` to `end` in large pieces and calls `visit` with each and its position. Returns
 * the position behind the last batch that was visited and wanted: less than `end` when `visit` ended the scan, or when
 * what follows is no whole batch.
 */
export function scanBatches(file: DiskFile, start: number, end: number, visit: BatchVisitor): number {
  return scan(file, start, end, visit, wholeChunkBytes, true);
}

/** As `scanBatches`, but only the header of each batch is there to look at; large batches are skipped, not read. */
export function scanHeaders(file: DiskFile, start: number, end: number, visit: BatchVisitor): number {
  return scan(file, start, end, visit, headerChunkBytes, false);
}

/** Size of the batch whose header is at `at`, log overhead included; -1 when that is no header of a batch. */
export function batchSizeAt(buffer: Buffer, at: number): number {
  const sizeBytes = logOverheadBytes + buffer.readInt32BE(at + lengthAt);
  return sizeBytes < batchHeaderSizeBytes || buffer[at + magicAt] !== currentMagic ? -1 : sizeBytes;
}

function scan(
  file: DiskFile,
  start: number,
  end: number,
  visit: BatchVisitor,
  chunkBytes: number,
  isWhole: boolean,
): number {
  const chunk = scratch.get(chunkBytes) ?? Buffer.allocUnsafeSlow(chunkBytes);
  // A visitor that scans itself gets a buffer of its own.
  scratch.delete(chunkBytes);
  try {
    return scanWith(file, start, end, visit, chunk, isWhole);
  } finally {
    scratch.set(chunkBytes, chunk);
  }
}

function scanWith(
  file: DiskFile,
  start: number,
  end: number,
  visit: BatchVisitor,
  scratchChunk: Buffer,
  isWhole: boolean,
): number {
  // Where in the file the chunk begins, and how many of its bytes are there already.
  let position = start;
  let kept = 0;
  let chunk = scratchChunk;
  while (position < end) {
    const wanted = Math.min(chunk.length, end - position);
    const length = kept + (wanted > kept ? file.read(chunk.subarray(kept, wanted), position + kept) : 0);
    let at = 0;
    while (length - at >= batchHeaderSizeBytes) {
      const sizeBytes = batchSizeAt(chunk, at);
      if (sizeBytes < 0 || position + at + sizeBytes > end) return position + at;
      if (isWhole && at + sizeBytes > length) break;
      if (!visit(new BatchView(chunk, at), position + at)) return position + at;
      at += sizeBytes;
    }
    // What is left of the chunk is the beginning of the next batch.
    kept = Math.max(0, length - at);
    if (at > 0) chunk.copyWithin(0, at, length);
    else {
      // Not one batch was there whole: the piece is too small for it, or the file ends.
      if (length < batchHeaderSizeBytes || chunk.length >= batchSizeAt(chunk, 0)) return position;
      const larger = Buffer.allocUnsafe(batchSizeAt(chunk, 0));
      chunk.copy(larger, 0, 0, length);
      chunk = larger;
    }
    position += at;
  }
  return position;
}
