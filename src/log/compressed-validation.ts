import { type TimestampMs } from "../base/brand.ts";
import { type Compute } from "../io/ports.ts";
import { Errors } from "../protocol/errors.ts";
import { buildBatch, compressBatch } from "../protocol/records/batch-builder.ts";
import { BatchView } from "../protocol/records/batch-header.ts";
import { InvalidRecordError } from "../protocol/records/errors.ts";
import { decompressBatch, recordsOf } from "../protocol/records/record-iterator.ts";
import { type AppendFailure, appendFailure } from "./append-result.ts";
import { type LogConfig } from "./log-config.ts";
import { checkRecords } from "./record-check.ts";
import { holdsBatch } from "./validator.ts";

/** Smaller batches may grow to this, so that well compressed ones are taken and bombs do not fill the memory. */
const decodedSizeBytesMaxLeast = 67_108_864;
const decodedGrowthMax = 16;

/** The records to append in place of those that came; they are the same bytes unless a rule asks for others. */
export interface PreparedRecords {
  readonly ok: true;
  readonly records: Buffer;
}

/**
 * Opens a client's batch that cannot be checked as it stands: one that is compressed, or that the topic's
 * `compression.type` wants compressed in another way. It runs before the append, which must not wait. Undefined when there
 * is nothing to do here; whatever the log itself refuses by the header is left to it.
 *
 * A batch that would unpack to more than a bound is MESSAGE_TOO_LARGE, which makes producers split it.
 *
 * @param name the partition's, for messages
 */
export function validateCompressed(
  records: Buffer,
  config: LogConfig,
  compute: Compute,
  nowMs: TimestampMs,
  name: string,
): Promise<PreparedRecords | AppendFailure> | undefined {
  if (!holdsBatch(records)) return undefined;
  const batch = new BatchView(records, 0);
  const wanted = wantedCompression(batch, config);
  if (!batch.isCompressed && wanted === batch.compression) return undefined;
  if (batch.sizeInBytes > config.maxMessageBytes || batch.baseOffset !== 0 || batch.isControl) return undefined;
  if (batch.lastOffsetDelta !== batch.recordCount - 1) return undefined;
  // The batch stands in a buffer that is received into again when this turn of the event loop is over.
  return open(new BatchView(Buffer.from(batch.bytes()), 0), wanted, config, compute, nowMs, name);
}

type Compression = BatchView["compression"];

function wantedCompression(batch: BatchView, { compressionType }: LogConfig): Compression {
  if (compressionType === "producer") return batch.compression;
  return compressionType === "uncompressed" ? "none" : compressionType;
}

async function open(
  batch: BatchView,
  wanted: Compression,
  config: LogConfig,
  compute: Compute,
  nowMs: TimestampMs,
  name: string,
): Promise<PreparedRecords | AppendFailure> {
  // The CRC is the log's to refuse; here it tells damage on the way from a producer's mistake.
  if (!batch.isValidCrc()) return appendFailure(Errors.CORRUPT_MESSAGE, null);
  let payload: Buffer;
  try {
    payload = await decompressBatch(batch, compute, decodedSizeBytesMax(config));
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return appendFailure(error.cause instanceof RangeError ? Errors.MESSAGE_TOO_LARGE : error.code, null);
  }
  const checked = checkRecords(batch, payload, config, nowMs, name);
  if (!checked.ok) return checked;
  if (wanted !== batch.compression) return { ok: true, records: await rebuilt(batch, payload, wanted, compute) };
  // Kafka fails to number such records anew, and says so.
  if (!checked.isDense) return appendFailure(Errors.UNKNOWN_SERVER_ERROR, null);
  if (config.messageTimestampType === "CreateTime") batch.setMaxTimestampAndType(checked.maxTimestamp, "createTime");
  return { ok: true, records: batch.buffer };
}

/** The same records, numbered without gaps and compressed as the topic wants them. */
function rebuilt(batch: BatchView, payload: Buffer, wanted: Compression, compute: Compute): Promise<Buffer> {
  const { producerId, producerEpoch, baseSequence, isTransactional } = batch;
  const records = Array.from(recordsOf(batch, payload), ({ key, value, headers, timestamp }) => ({
    key,
    value,
    headers,
    timestamp,
  }));
  const built = buildBatch({ records, producerId, producerEpoch, baseSequence, isTransactional });
  return compressBatch(built, wanted === "unknown" ? "none" : wanted, compute);
}

function decodedSizeBytesMax({ maxMessageBytes }: LogConfig): number {
  return Math.max(decodedSizeBytesMaxLeast, maxMessageBytes * decodedGrowthMax);
}
