import { assert } from "../../base/assert.ts";
import {
  type LeaderEpoch,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
  type TimestampMs,
} from "../../base/brand.ts";
import { writeInt64 } from "../../base/int64.ts";
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from "../../base/varint.ts";
import { type CompressionName, type Compute } from "../../io/ports.ts";
import {
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  BatchView,
  batchHeaderSizeBytes,
  compressionId,
  compressionMask,
  controlBit,
  currentMagic,
  lastOffsetDeltaAt,
  leaderEpochAt,
  lengthAt,
  logAppendTimeBit,
  logOverheadBytes,
  magicAt,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
  transactionalBit,
  type TimestampType,
} from "./batch-header.ts";
import { onlyBatch } from "./batches.ts";
import { type RecordHeader } from "./record-cursor.ts";
import { payloadOf } from "./record-iterator.ts";

export interface RecordDraft {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly RecordHeader[];
  readonly timestamp: TimestampMs;
  /** The place in the list when left out. */
  readonly offsetDelta?: number;
}

export interface BatchDraft {
  readonly records: readonly RecordDraft[];
  /** 0 when left out: the leader assigns it. */
  readonly baseOffset?: Offset;
  readonly leaderEpoch?: LeaderEpoch;
  readonly producerId?: ProducerId;
  readonly producerEpoch?: ProducerEpoch;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly timestampType?: TimestampType;
  /** The first record's timestamp when left out. */
  readonly baseTimestamp?: TimestampMs;
}

/** An uncompressed batch. */
export function buildBatch(draft: BatchDraft): Buffer {
  const { records } = draft;
  assert(records.length > 0, "a batch has at least one record");
  const baseTimestamp = draft.baseTimestamp ?? records[0]!.timestamp;

  const bodySizes: number[] = [];
  let sizeBytes = batchHeaderSizeBytes;
  let maxTimestamp = -1;
  for (const [index, record] of records.entries()) {
    const bodySize = bodySizeOf(record, record.offsetDelta ?? index, baseTimestamp);
    bodySizes.push(bodySize);
    sizeBytes += sizeOfVarint(bodySize) + bodySize;
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
  }

  const batch = Buffer.allocUnsafe(sizeBytes);
  let end = batchHeaderSizeBytes;
  for (const [index, record] of records.entries()) {
    end = writeVarint(batch, end, bodySizes[index]!);
    end = writeBody(batch, end, record, record.offsetDelta ?? index, baseTimestamp);
  }
  assert(end === sizeBytes, "the records are as long as computed");

  writeInt64(batch, baseOffsetAt, draft.baseOffset ?? 0);
  batch.writeInt32BE(sizeBytes - logOverheadBytes, lengthAt);
  batch.writeInt32BE(draft.leaderEpoch ?? -1, leaderEpochAt);
  batch.writeInt8(currentMagic, magicAt);
  batch.writeInt16BE(attributesOf(draft), attributesAt);
  batch.writeInt32BE(records.at(-1)!.offsetDelta ?? records.length - 1, lastOffsetDeltaAt);
  writeInt64(batch, baseTimestampAt, baseTimestamp);
  writeInt64(batch, maxTimestampAt, maxTimestamp);
  writeInt64(batch, producerIdAt, draft.producerId ?? -1);
  batch.writeInt16BE(draft.producerEpoch ?? -1, producerEpochAt);
  batch.writeInt32BE(draft.baseSequence ?? -1, baseSequenceAt);
  batch.writeInt32BE(records.length, recordCountAt);
  new BatchView(batch, 0).updateCrc();
  return batch;
}

/** The same batch with its records compressed; `batch` is one uncompressed batch and stays as it is. */
export async function compressBatch(
  batch: Buffer,
  codec: CompressionName | "none",
  compute: Compute,
  level?: number,
): Promise<Buffer> {
  const source = onlyBatch(batch);
  assert(!source.isCompressed, "the batch is compressed already");
  if (codec === "none") return batch;
  const payload = await compute.compress(codec, payloadOf(source), level);
  const compressed = Buffer.allocUnsafe(batchHeaderSizeBytes + payload.length);
  batch.copy(compressed, 0, 0, batchHeaderSizeBytes);
  compressed.set(payload, batchHeaderSizeBytes);
  compressed.writeInt32BE(compressed.length - logOverheadBytes, lengthAt);
  compressed.writeInt16BE((source.attributes & ~compressionMask) | compressionId(codec), attributesAt);
  new BatchView(compressed, 0).updateCrc();
  return compressed;
}

function attributesOf(draft: BatchDraft): number {
  return (
    (draft.timestampType === "logAppendTime" ? logAppendTimeBit : 0) |
    (draft.isTransactional === true ? transactionalBit : 0) |
    (draft.isControl === true ? controlBit : 0)
  );
}

function bodySizeOf(record: RecordDraft, offsetDelta: number, baseTimestamp: TimestampMs): number {
  let size = 1 + sizeOfVarlong(record.timestamp - baseTimestamp) + sizeOfVarint(offsetDelta);
  size += sizeOfBytes(record.key) + sizeOfBytes(record.value);
  const headers = record.headers;
  if (headers === undefined) return size + 1;
  size += sizeOfVarint(headers.length);
  for (const { key, value } of headers) {
    const keySize = Buffer.byteLength(key);
    size += sizeOfVarint(keySize) + keySize + sizeOfBytes(value);
  }
  return size;
}

function writeBody(
  buffer: Buffer,
  start: number,
  record: RecordDraft,
  offsetDelta: number,
  baseTimestamp: TimestampMs,
): number {
  let end = start;
  buffer[end++] = 0;
  end = writeVarlong(buffer, end, record.timestamp - baseTimestamp);
  end = writeVarint(buffer, end, offsetDelta);
  end = writeBytes(buffer, end, record.key);
  end = writeBytes(buffer, end, record.value);
  const headers = record.headers;
  end = writeVarint(buffer, end, headers === undefined ? 0 : headers.length);
  if (headers === undefined) return end;
  for (const { key, value } of headers) {
    end = writeVarint(buffer, end, Buffer.byteLength(key));
    end += buffer.write(key, end);
    end = writeBytes(buffer, end, value);
  }
  return end;
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function writeBytes(buffer: Buffer, offset: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(buffer, offset, -1);
  const start = writeVarint(buffer, offset, bytes.length);
  buffer.set(bytes, start);
  return start + bytes.length;
}
