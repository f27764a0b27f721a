import { type Offset } from "../base/brand.ts";
import { readInt64 } from "../base/int64.ts";
import {
  baseOffsetAt,
  batchHeaderSizeBytes,
  batchSizeBytesMin,
  currentMagic,
  lastOffsetDeltaAt,
  lengthAt,
  logOverheadBytes,
  magicAt,
} from "../protocol/records/batch-header.ts";
import { isMessage } from "../protocol/records/message-view.ts";

// What bytes say of the batch, or of the message of an old format, that begins in them, without a view of it.

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
  return sizeBytes >= 0 && Math.min(sizeBytes, batchHeaderSizeBytes) <= header.length;
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
