import { type TimestampMs } from "../../base/brand.ts";
import { writeInt64 } from "../../base/int64.ts";
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from "../../base/varint.ts";
import { type Compute } from "../../io/ports.ts";
import {
  attributesAt,
  baseTimestampAt,
  batchHeaderSizeBytes,
  BatchView,
  compressionMask,
  deleteHorizonBit,
  lengthAt,
  logOverheadBytes,
  maxTimestampAt,
  recordCountAt,
} from "../../protocol/records/batch-header.ts";
import { UncleanableError } from "./batch-reader.ts";

/** The records of a batch that stay: where in its payload they are, without an object for each. */
export class KeptRecords {
  count = 0;
  maxTimestamp: TimestampMs = -1;
  hasTombstone = false;
  readonly #restStarts: number[] = [];
  readonly #ends: number[] = [];
  readonly #timestamps: TimestampMs[] = [];

  clear(): void {
    this.count = 0;
    this.maxTimestamp = -1;
    this.hasTombstone = false;
  }

  add(restStart: number, end: number, timestamp: TimestampMs, isTombstone: boolean): void {
    this.#restStarts[this.count] = restStart;
    this.#ends[this.count] = end;
    this.#timestamps[this.count] = timestamp;
    this.count++;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    if (isTombstone) this.hasTombstone = true;
  }

  get firstTimestamp(): TimestampMs {
    return this.#timestamps[0]!;
  }

  /** The records as they stand in a batch with the given base timestamp. */
  write(payload: Buffer, baseTimestamp: TimestampMs): Buffer {
    let sizeBytes = 0;
    for (let index = 0; index < this.count; index++) {
      const bodyBytes = this.#bodyBytes(index, baseTimestamp);
      sizeBytes += sizeOfVarint(bodyBytes) + bodyBytes;
    }
    const target = Buffer.allocUnsafe(sizeBytes);
    let at = 0;
    for (let index = 0; index < this.count; index++) {
      at = writeVarint(target, at, this.#bodyBytes(index, baseTimestamp));
      target[at++] = 0;
      at = writeVarlong(target, at, this.#timestamps[index]! - baseTimestamp);
      at += payload.copy(target, at, this.#restStarts[index], this.#ends[index]);
    }
    return target;
  }

  #bodyBytes(index: number, baseTimestamp: TimestampMs): number {
    const restBytes = this.#ends[index]! - this.#restStarts[index]!;
    return 1 + sizeOfVarlong(this.#timestamps[index]! - baseTimestamp) + restBytes;
  }
}

/**
 * The batch with only the records in `kept`. Its offsets, sequence numbers and codec stay, so that its producer's last
 * sequence number is still known and every record keeps its offset.
 *
 * @param deleteHorizonMs from when on its tombstones may go; stands in the place of the base timestamp; -1 for none
 */
export async function rebuildBatch(
  batch: BatchView,
  payload: Buffer,
  kept: KeptRecords,
  deleteHorizonMs: TimestampMs,
  compute: Compute,
): Promise<Buffer> {
  const codec = batch.compression;
  if (codec === "unknown") throw new UncleanableError(`Unknown compression type id: ${batch.attributes & 7}`);
  const baseTimestamp = deleteHorizonMs >= 0 ? deleteHorizonMs : kept.firstTimestamp;
  const records = kept.write(payload, baseTimestamp);
  const body = codec === "none" ? records : await compute.compress(codec, records);
  const rebuilt = headerOf(batch, body.length);
  body.copy(rebuilt, batchHeaderSizeBytes);
  const attributes = batch.attributes & ~deleteHorizonBit;
  rebuilt.writeInt16BE(deleteHorizonMs >= 0 ? attributes | deleteHorizonBit : attributes, attributesAt);
  writeInt64(rebuilt, baseTimestampAt, baseTimestamp);
  writeInt64(rebuilt, maxTimestampAt, kept.maxTimestamp);
  rebuilt.writeInt32BE(kept.count, recordCountAt);
  new BatchView(rebuilt, 0).updateCrc();
  return rebuilt;
}

/** The batch without any record: it still tells the last sequence number of its producer, or the last offset. */
export function emptyBatch(batch: BatchView): Buffer {
  const empty = headerOf(batch, 0);
  empty.writeInt16BE(batch.attributes & ~(compressionMask | deleteHorizonBit), attributesAt);
  writeInt64(empty, baseTimestampAt, -1);
  empty.writeInt32BE(0, recordCountAt);
  new BatchView(empty, 0).updateCrc();
  return empty;
}

function headerOf(batch: BatchView, bodyBytes: number): Buffer {
  const target = Buffer.allocUnsafe(batchHeaderSizeBytes + bodyBytes);
  batch.buffer.copy(target, 0, batch.start, batch.start + batchHeaderSizeBytes);
  target.writeInt32BE(target.length - logOverheadBytes, lengthAt);
  return target;
}
