import { type TimestampMs } from "../../base/brand.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type BatchView, currentMagic, magicAt } from "../../protocol/records/batch-header.ts";
import { payloadOf } from "../../protocol/records/record-iterator.ts";
import { type AppendFailure, appendFailure, type AppendOrigin } from "../append-result.ts";
import { holdsBatchAt } from "../batch-bytes.ts";
import { type LogConfig } from "../log-config.ts";
import { checkRecords } from "./record-check.ts";

/** Whether `records` begins with a whole batch of the current format; what follows it is left out, as in Kafka. */
export function holdsBatch(records: Buffer): boolean {
  return records[magicAt] === currentMagic && holdsBatchAt(records, 0);
}

/**
 * Why a batch from `origin` cannot be appended, by its header, the topic's configuration and, unless it is raft's, its
 * records; null when it can. A `BatchOpener` has looked into those that are compressed. A largest timestamp in the
 * header that is not that of the records is put right.
 */
export function checkBatch(
  batch: BatchView,
  config: LogConfig,
  origin: AppendOrigin,
  nowMs: TimestampMs,
  name: string,
): AppendFailure | null {
  const isClients = origin === "client";
  // The order is Kafka's: it decides which error a batch with several faults is answered with.
  if (isClients && batch.baseOffset !== 0) return appendFailure(Errors.INVALID_RECORD, null);
  if (origin !== "raft" && batch.sizeInBytes > config.maxMessageBytes) {
    return appendFailure(Errors.MESSAGE_TOO_LARGE, null);
  }
  if (!batch.isValidCrc()) return appendFailure(Errors.CORRUPT_MESSAGE, null);
  const error = isClients ? headerError(batch) : null;
  if (error !== null) return appendFailure(error, null);
  const failure = origin === "raft" || batch.isCompressed ? null : checkPlain(batch, config, nowMs, name);
  if (failure !== null) return failure;
  return batch.sizeInBytes > config.segmentBytes ? appendFailure(Errors.RECORD_LIST_TOO_LARGE, null) : null;
}

function checkPlain(batch: BatchView, config: LogConfig, nowMs: TimestampMs, name: string): AppendFailure | null {
  const checked = checkRecords(batch, payloadOf(batch), config, nowMs, name, false);
  if (!checked.ok) return checked;
  if (config.messageTimestampType === "CreateTime") batch.setMaxTimestampAndType(checked.maxTimestamp, "createTime");
  return null;
}

/** What is wrong with the header of a client's batch; null when nothing is. */
export function headerError(batch: BatchView): ErrorCode | null {
  if (batch.compression === "unknown") return Errors.UNKNOWN_SERVER_ERROR;
  const { recordCount, lastOffsetDelta } = batch;
  if (batch.baseOffset !== 0 || recordCount <= 0 || lastOffsetDelta !== recordCount - 1) return Errors.INVALID_RECORD;
  if (batch.isControl) return Errors.INVALID_RECORD;
  return batch.hasProducerId && batch.baseSequence < 0 ? Errors.INVALID_RECORD : null;
}
