import { assert } from "../base/assert.ts";
import { type Offset } from "../base/brand.ts";
import { type BatchView } from "../protocol/records/batch-header.ts";
import { batches } from "../protocol/records/batches.ts";
import { type ControlRecord, parseControlRecord } from "../protocol/records/control-records.ts";
import { payloadOf, recordsOf } from "../protocol/records/record-iterator.ts";
import { type CommittedBatch } from "./listener.ts";
import { type ReplicatedLog } from "./replicated-log.ts";

const readSizeBytes = 1 << 20;

/** The batches of `log` from `fromOffset`, below `toOffset`, read in large pieces. */
export function* batchesBetween(log: ReplicatedLog, fromOffset: Offset, toOffset: Offset): Generator<BatchView> {
  let offset = fromOffset;
  while (offset < toOffset) {
    const piece = log.read(offset, toOffset, readSizeBytes);
    const before = offset;
    for (const batch of batches(piece)) {
      yield batch;
      offset = batch.nextOffset;
    }
    assert(offset > before, `the metadata log has no batch at offset ${offset} though it ends at ${toOffset}`);
  }
}

/** @param values of its records, where they are known */
export function committedBatch(batch: BatchView, values: readonly Buffer[] = valuesOf(batch)): CommittedBatch {
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    epoch: batch.partitionLeaderEpoch,
    appendTimestampMs: batch.maxTimestamp,
    sizeBytes: batch.sizeInBytes,
    values,
  };
}

function valuesOf(batch: BatchView): Buffer[] {
  assert(!batch.isCompressed, "Kafka never compresses the metadata log");
  const values: Buffer[] = [];
  if (batch.isControl) return values;
  for (const { value } of recordsOf(batch, payloadOf(batch))) {
    assert(value !== null, `the metadata log has a record without value in the batch at ${batch.baseOffset}`);
    values.push(value);
  }
  return values;
}

/** The control records of a control batch, with their offsets; types from later versions are left out. */
export function* controlRecordsOf(batch: BatchView): Generator<{ offset: Offset; record: ControlRecord }> {
  if (!batch.isControl) return;
  for (const { offset, key, value } of recordsOf(batch, payloadOf(batch))) {
    const record = parseControlRecord(key, value);
    if (record !== undefined) yield { offset, record };
  }
}
