import { type TimestampMs } from "../../base/brand.ts";
import { Errors } from "../../protocol/errors.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { InvalidRecordError } from "../../protocol/records/errors.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { type AppendFailure, appendFailure, type RecordError } from "../append-result.ts";
import { type LogConfig } from "../log-config.ts";
import { scanned, scanRecords } from "./record-scan.ts";

/** As many record errors as Kafka lists in its message. */
const listedErrorsMax = 3;

/** What a look at every record of a batch has found. */
export interface CheckedRecords {
  readonly ok: true;
  /** Of the records, whatever the header says; -1 when none has a timestamp. */
  readonly maxTimestamp: TimestampMs;
  /** Of the first record. */
  readonly firstTimestamp: TimestampMs;
  /** Whether the offset deltas are 0, 1, 2, …, as producers number their records. */
  readonly isDense: boolean;
  /** Whether a record has a timestamp below -1, which stands for none. */
  readonly hasNegativeTimestamp: boolean;
}

/**
 * Looks at every record of a client's batch, as Kafka does before it appends: a batch whose records cannot be read would
 * stop each consumer that comes to it.
 *
 * @param payload the records, uncompressed
 * @param name the partition's, for messages
 * @param staysCompressed whether the payload came compressed and goes on as it came: Kafka reads no keys then
 */
export function checkRecords(
  batch: BatchView,
  payload: Buffer,
  config: LogConfig,
  nowMs: TimestampMs,
  name: string,
  staysCompressed: boolean,
): CheckedRecords | AppendFailure {
  return (
    soundAtAGlance(batch, payload, config, nowMs) ?? checkEach(batch, payload, config, nowMs, name, staysCompressed)
  );
}

/** What a quick scan has found where all is well; undefined when each record has to be looked at. */
function soundAtAGlance(
  batch: BatchView,
  payload: Buffer,
  config: LogConfig,
  nowMs: TimestampMs,
): CheckedRecords | undefined {
  if (batch.timestampType === "logAppendTime" || !scanRecords(payload, batch.recordCount)) return undefined;
  if (config.isCompacted && scanned.hasNullKey) return undefined;
  const { baseTimestamp } = batch;
  const least = baseTimestamp + scanned.timestampDeltaMin;
  const maxTimestamp = baseTimestamp + scanned.timestampDeltaMax;
  // Of -1, which stands for none, and of what is below it the long way knows what to make.
  if (least < 0) return undefined;
  const isInTime =
    config.messageTimestampType !== "CreateTime" ||
    (least >= nowMs - config.messageTimestampBeforeMaxMs && maxTimestamp <= nowMs + config.messageTimestampAfterMaxMs);
  if (!isInTime) return undefined;
  const firstTimestamp = baseTimestamp + scanned.timestampDeltaFirst;
  return { ok: true, maxTimestamp, firstTimestamp, isDense: scanned.isDense, hasNegativeTimestamp: false };
}

/** Looks at one record after the other, and says of each what is wrong. */
function checkEach(
  batch: BatchView,
  payload: Buffer,
  config: LogConfig,
  nowMs: TimestampMs,
  name: string,
  staysCompressed: boolean,
): CheckedRecords | AppendFailure {
  const isCreateTime = config.messageTimestampType === "CreateTime";
  const claimsAppendTime = batch.timestampType === "logAppendTime";
  const earliest = nowMs - config.messageTimestampBeforeMaxMs;
  const latest = nowMs + config.messageTimestampAfterMaxMs;
  const errors: RecordError[] = [];
  let hasTimestampError = false;
  let maxTimestamp: TimestampMs = -1;
  let firstTimestamp: TimestampMs = -1;
  let hasNegativeTimestamp = false;
  let isDense = true;
  try {
    const cursor = new RecordCursor(batch, payload);
    for (let batchIndex = 0; cursor.next(); batchIndex++) {
      const { timestamp } = cursor;
      if (batchIndex === 0) firstTimestamp = timestamp;
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      else if (timestamp < -1) hasNegativeTimestamp = true;
      if (cursor.offsetDelta !== batchIndex) isDense = false;
      if (config.isCompacted && cursor.keySizeBytes < 0) {
        // Compaction keeps the newest record of each key: one without a key has no place there.
        errors.push({
          batchIndex,
          message: `Compacted topic cannot accept message without key in topic partition ${name}`,
        });
      } else if (isCreateTime && timestamp !== -1) {
        if (timestamp >= earliest && timestamp <= latest) continue;
        hasTimestampError = true;
        errors.push({ batchIndex, message: outOfRangeMessage(cursor, config, nowMs) });
      } else if (claimsAppendTime) {
        hasTimestampError = true;
        errors.push({ batchIndex, message: appendTimeMessage(cursor, staysCompressed) });
      }
    }
  } catch (error) {
    if (error instanceof InvalidRecordError) return appendFailure(error.code, null);
    throw error;
  }
  if (errors.length === 0) return { ok: true, maxTimestamp, firstTimestamp, isDense, hasNegativeTimestamp };
  return hasTimestampError
    ? appendFailure(Errors.INVALID_TIMESTAMP, "One or more records have been rejected due to invalid timestamp", errors)
    : appendFailure(Errors.INVALID_RECORD, recordErrorsMessage(errors), errors);
}

function outOfRangeMessage({ timestamp, offset }: RecordCursor, config: LogConfig, nowMs: TimestampMs): string {
  const now = BigInt(nowMs);
  // As Kafka adds them up, where a limit that is off is the largest long: what is behind that comes round to the smallest.
  const earliest = BigInt.asIntN(64, now - longOf(config.messageTimestampBeforeMaxMs));
  const latest = BigInt.asIntN(64, now + longOf(config.messageTimestampAfterMaxMs));
  return `Timestamp ${longOf(timestamp)} of message with offset ${offset} is out of range. The timestamp should be within [${earliest}, ${latest}]`;
}

function appendTimeMessage(
  { offset, timestamp, keySizeBytes, valueSizeBytes }: RecordCursor,
  isPartial: boolean,
): string {
  const kind = isPartial ? "PartialDefaultRecord" : "DefaultRecord";
  const leastSize = isPartial ? -1 : 0;
  const sizes = `key=${Math.max(leastSize, keySizeBytes)} bytes, value=${Math.max(leastSize, valueSizeBytes)} bytes`;
  const record = `${kind}(offset=${offset}, timestamp=${longOf(timestamp)}, ${sizes})`;
  return `Invalid timestamp type in message ${record}. Producer should not set timestamp type to LogAppendTime.`;
}

/** The largest long where the number, as that of a limit that is off, is at or behind it. */
function longOf(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value);
}

function recordErrorsMessage(errors: readonly RecordError[]): string {
  const listed = errors
    .slice(0, listedErrorsMax)
    .map(({ batchIndex, message }) => `RecordError(batchIndex=${batchIndex}, message='${message}')`);
  return `One or more records have been rejected due to ${errors.length} record errors in total, and only showing the first three errors at most: [${listed.join(", ")}]`;
}
