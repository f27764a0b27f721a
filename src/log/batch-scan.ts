import { type Offset } from "../base/brand.ts";
import { readInt64 } from "../base/int64.ts";
import { type DiskFile } from "../io/ports.ts";
import {
  baseOffsetAt,
  batchHeaderSizeBytes,
  batchSizeBytesMin,
  type BatchView,
  currentMagic,
  lastOffsetDeltaAt,
  lengthAt,
  logOverheadBytes,
  magicAt,
} from "../protocol/records/batch-header.ts";
import { batchAt, isMessage } from "../protocol/records/message-view.ts";

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

/**
 * Size of the batch that begins at `at`, or of the message of an old format, log overhead included; -1 when none can begin
 * there. So much as the smallest of them has must be there.
 */
export function batchSizeAt(buffer: Buffer, at: number): number {
  const sizeBytes = logOverheadBytes + buffer.readInt32BE(at + lengthAt);
  const magic = buffer[at + magicAt];
  if (magic === currentMagic) return sizeBytes < batchHeaderSizeBytes ? -1 : sizeBytes;
  return isMessage(magic, sizeBytes) ? sizeBytes : -1;
}

/** Whether `header` is, as far as it goes, that of a batch or a message: the first bytes of it, or all. */
export function startsBatch(header: Buffer): boolean {
  if (header.length < batchSizeBytesMin) return false;
  const sizeBytes = batchSizeAt(header, 0);
  return sizeBytes >= 0 && neededBytes(sizeBytes, false) <= header.length;
}

/** Whether a whole batch, or message, is there. */
export function holdsBatchAt(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < batchSizeBytesMin) return false;
  const sizeBytes = batchSizeAt(bytes, at);
  return sizeBytes >= 0 && at + sizeBytes <= bytes.length;
}

/** The offset of the last record of the batch, or the message, that begins at `at`. */
export function lastOffsetAt(buffer: Buffer, at: number): Offset {
  const baseOffset = readInt64(buffer, at + baseOffsetAt);
  return buffer[at + magicAt] === currentMagic ? baseOffset + buffer.readInt32BE(at + lastOffsetDeltaAt) : baseOffset;
}

function neededBytes(sizeBytes: number, isWhole: boolean): number {
  return isWhole ? sizeBytes : Math.min(sizeBytes, batchHeaderSizeBytes);
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
    while (length - at >= batchSizeBytesMin) {
      const sizeBytes = batchSizeAt(chunk, at);
      if (sizeBytes < 0 || position + at + sizeBytes > end) return position + at;
      if (at + neededBytes(sizeBytes, isWhole) > length) break;
      if (!visit(batchAt(chunk, at), position + at)) return position + at;
      at += sizeBytes;
    }
    // What is left of the chunk is the beginning of the next batch.
    kept = Math.max(0, length - at);
    if (at > 0) chunk.copyWithin(0, at, length);
    else {
      // Not one batch was there whole: the piece is too small for it, or the file ends.
      const needed = length < batchSizeBytesMin ? 0 : neededBytes(batchSizeAt(chunk, 0), isWhole);
      if (chunk.length >= needed) return position;
      const larger = Buffer.allocUnsafe(needed);
      chunk.copy(larger, 0, 0, length);
      chunk = larger;
    }
    position += at;
  }
  return position;
}
