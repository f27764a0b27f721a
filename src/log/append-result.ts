import { type Offset, type TimestampMs } from "../base/brand.ts";
import { type ErrorCode } from "../protocol/errors.ts";
import { type BatchView } from "../protocol/records/batch-header.ts";
import { type CachedBatch } from "./producers/producer-entry.ts";

/** Who appends: it decides how far a batch is trusted. Replication has its own call. */
export type AppendOrigin = "client" | "coordinator" | "raft";

/** What an append within a transaction comes with. */
export interface AppendTransaction {
  /** What the verification of the transaction's first batch was started with; null when it has begun in this log. */
  readonly guard?: object | null | undefined;
  /** Of a marker: how its epoch is checked (`transaction.version`). */
  readonly transactionVersion?: number;
}

export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface AppendSuccess {
  readonly ok: true;
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly maxTimestamp: TimestampMs;
  /** -1 when the topic keeps the records' own timestamps. */
  readonly logAppendTimeMs: TimestampMs;
  readonly logStartOffset: Offset;
  /** The batch was in the log already; the offsets are those that it has there. */
  readonly duplicate: boolean;
}

export interface AppendFailure {
  readonly ok: false;
  readonly error: ErrorCode;
  readonly message: string | null;
  readonly recordErrors: readonly RecordError[];
}

export type AppendResult = AppendSuccess | AppendFailure;

const noRecordErrors: readonly RecordError[] = [];

export function appended(batch: BatchView, logAppendTimeMs: TimestampMs, logStartOffset: Offset): AppendSuccess {
  const { baseOffset, lastOffset, maxTimestamp } = batch;
  return { ok: true, baseOffset, lastOffset, maxTimestamp, logAppendTimeMs, logStartOffset, duplicate: false };
}

export function appendedBefore(
  { lastOffset, offsetDelta, timestamp }: CachedBatch,
  logStartOffset: Offset,
): AppendSuccess {
  return {
    ok: true,
    baseOffset: lastOffset - offsetDelta,
    lastOffset,
    maxTimestamp: timestamp,
    // As in Kafka whatever the type of the topic's timestamps is: the time of the batch that is there.
    logAppendTimeMs: timestamp,
    logStartOffset,
    duplicate: true,
  };
}

export function appendFailure(
  error: ErrorCode,
  message: string | null,
  recordErrors: readonly RecordError[] = noRecordErrors,
): AppendFailure {
  return { ok: false, error, message, recordErrors };
}
