import { type Compute, type CompressionName } from "../../io/ports.ts";
import { buildBatch, compressBatch } from "../../protocol/records/batch-builder.ts";
import {
  attributesAt,
  batchHeaderSizeBytes,
  BatchView,
  lengthAt,
  logOverheadBytes,
  transactionalBit,
} from "../../protocol/records/batch-header.ts";
import { recordsOf } from "../../protocol/records/record-iterator.ts";
import { type LogConfig } from "../log-config.ts";
import { type CheckedRecords } from "./record-check.ts";

export type TargetCompression = "none" | CompressionName;

/** How the topic wants a batch compressed; the producer's way where it has no wish. */
export function targetCompression(batch: BatchView, { compressionType }: LogConfig): BatchView["compression"] {
  if (compressionType === "producer") return batch.compression;
  return compressionType === "uncompressed" ? "none" : compressionType;
}

/**
 * The same records, numbered without gaps and compressed in another way; what clients have no business with in the
 * header is left out.
 *
 * @param payload the records, uncompressed
 */
export function recompressed(
  batch: BatchView,
  payload: Buffer,
  checked: CheckedRecords,
  target: TargetCompression,
  level: number | undefined,
  compute: Compute,
): Promise<Buffer> {
  return compressBatch(uncompressed(batch, payload, checked), target, compute, level);
}

function uncompressed(batch: BatchView, payload: Buffer, checked: CheckedRecords): Buffer {
  const { timestampType, baseTimestamp } = batch;
  // Records as producers write them need not be taken apart.
  const isReady = checked.isDense && timestampType === "createTime" && checked.firstTimestamp === baseTimestamp;
  if (!isReady) return rebuilt(batch, payload);
  const bytes = Buffer.allocUnsafe(batchHeaderSizeBytes + payload.length);
  batch.buffer.copy(bytes, 0, batch.start, batch.start + batchHeaderSizeBytes);
  bytes.set(payload, batchHeaderSizeBytes);
  bytes.writeInt32BE(bytes.length - logOverheadBytes, lengthAt);
  bytes.writeInt16BE(batch.isTransactional ? transactionalBit : 0, attributesAt);
  const view = new BatchView(bytes, 0);
  view.updateCrc();
  view.setMaxTimestampAndType(checked.maxTimestamp, "createTime");
  return bytes;
}

function rebuilt(batch: BatchView, payload: Buffer): Buffer {
  const { producerId, producerEpoch, baseSequence, isTransactional } = batch;
  const records = Array.from(recordsOf(batch, payload), ({ key, value, headers, timestamp }) => ({
    key,
    value,
    headers,
    timestamp,
  }));
  return buildBatch({ records, producerId, producerEpoch, baseSequence, isTransactional });
}
