import { assert } from "../../base/assert.ts";
import {
  BatchView,
  batchHeaderSizeBytes,
  currentMagic,
  headerUpToMagicSizeBytes,
  lengthAt,
  logOverheadBytes,
  magicAt,
} from "./batch-header.ts";
import { CorruptRecordError } from "./errors.ts";
import { batchAt } from "./message-view.ts";

/** The smallest thing that any format ever had: a message of magic 0 without key and value. */
const legacyOverheadBytes = 14;

/**
 * Size of the batch at `start`, or undefined when `end` comes before its magic byte. The batch itself may be longer than
 * what is there, or too short for its header.
 * @throws CorruptRecordError when no batch can have that size or that magic
 */
export function checkedBatchSizeAt(buffer: Buffer, start: number, end: number): number | undefined {
  if (end - start < logOverheadBytes) return undefined;
  const length = buffer.readInt32BE(start + lengthAt);
  if (length < legacyOverheadBytes) {
    throw new CorruptRecordError(
      `Record size ${length} is less than the minimum record overhead (${legacyOverheadBytes})`,
    );
  }
  if (end - start < headerUpToMagicSizeBytes) return undefined;
  const magic = buffer.readInt8(start + magicAt);
  if (magic < 0 || magic > currentMagic) throw new CorruptRecordError(`Invalid magic found in record: ${magic}`);
  return length + logOverheadBytes;
}

/**
 * The whole batches of `buffer[start, end)`, in order; a partial one at the end is left out. CRCs are not checked.
 * @throws CorruptRecordError where no batch can be
 */
export function* batches(buffer: Buffer, start = 0, end = buffer.length): Generator<BatchView, void, undefined> {
  let offset = start;
  for (;;) {
    const sizeBytes = checkedBatchSizeAt(buffer, offset, end);
    if (sizeBytes === undefined || sizeBytes > end - offset) return;
    if (sizeBytes < batchHeaderSizeBytes && buffer[offset + magicAt] === currentMagic) {
      throw new CorruptRecordError(
        `Record batch is corrupt (the size ${sizeBytes} is smaller than the minimum allowed overhead ${batchHeaderSizeBytes})`,
      );
    }
    yield batchAt(buffer, offset);
    offset += sizeBytes;
  }
}

/** The one whole batch that `buffer` holds; for batches of our own making. */
export function onlyBatch(buffer: Buffer): BatchView {
  assert(checkedBatchSizeAt(buffer, 0, buffer.length) === buffer.length, "the buffer is not exactly one batch");
  return new BatchView(buffer, 0);
}
