import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { CodecUnavailable, type Compute } from "../../io/ports.ts";
import { batchHeaderSizeBytes, type BatchView } from "./batch-header.ts";
import { UnreadableRecordsError } from "./errors.ts";
import { RecordCursor, type RecordHeader } from "./record-cursor.ts";

export interface LogRecord {
  readonly offset: Offset;
  readonly timestamp: TimestampMs;
  /** Views of the payload, as the values are. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  readonly sizeBytes: number;
}

const noHeaders: readonly RecordHeader[] = [];

/** What stands behind the header: the records, compressed as the batch says. */
export function payloadOf(batch: BatchView): Buffer {
  return batch.buffer.subarray(batch.start + batchHeaderSizeBytes, batch.end);
}

/**
 * The records of a batch, uncompressed: `payloadOf` when it is not compressed.
 * @throws UnreadableRecordsError when they cannot be decompressed, or would be more than `sizeBytesMax`
 * @throws CodecUnavailable
 */
export async function decompressBatch(batch: BatchView, compute: Compute, sizeBytesMax: number): Promise<Buffer> {
  return decompressed(batch, payloadOf(batch), compute, sizeBytesMax);
}

/** As `decompressBatch`, of bytes in the batch's codec. */
export async function decompressed(
  batch: BatchView,
  payload: Buffer,
  compute: Compute,
  sizeBytesMax: number,
): Promise<Buffer> {
  const codec = batch.compression;
  if (codec === "none") return payload;
  if (codec === "unknown") throw new UnreadableRecordsError(`Unknown compression type id: ${batch.attributes & 7}`);
  try {
    return await compute.decompress(codec, payload, sizeBytesMax);
  } catch (error) {
    if (error instanceof CodecUnavailable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableRecordsError(`Failed to decompress record stream: ${reason}`, { cause: error });
  }
}

/**
 * The records of a batch, given its uncompressed payload.
 * @throws InvalidRecordError when the payload is not the records that the header announced
 */
export function* recordsOf(batch: BatchView, payload: Buffer): Generator<LogRecord, void, undefined> {
  const cursor = new RecordCursor(batch, payload);
  while (cursor.next()) {
    yield {
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headerCount === 0 ? noHeaders : cursor.headers(),
      sizeBytes: cursor.sizeBytes,
    };
  }
}
