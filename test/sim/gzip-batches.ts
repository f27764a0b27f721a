import { gunzipSync, gzipSync } from "node:zlib";
import {
  attributesAt,
  batchHeaderSizeBytes,
  BatchView,
  compressionId,
  lengthAt,
  logOverheadBytes,
} from "../../src/protocol/records/batch-header.ts";
import { type LogRecord, payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";

/** The records of a batch that is not compressed, or with gzip, the one codec of simulations. */
export function recordsWithin(batch: BatchView): Generator<LogRecord, void, undefined> {
  const payload = payloadOf(batch);
  return recordsOf(batch, batch.isCompressed ? gunzipSync(payload) : payload);
}

/** The same batch, compressed. */
export function gzipped(plain: Buffer): Buffer {
  const payload = gzipSync(payloadOf(new BatchView(plain, 0)));
  const batch = Buffer.concat([plain.subarray(0, batchHeaderSizeBytes), payload]);
  batch.writeInt32BE(batch.length - logOverheadBytes, lengthAt);
  batch.writeInt16BE(plain.readInt16BE(attributesAt) | compressionId("gzip"), attributesAt);
  new BatchView(batch, 0).updateCrc();
  return batch;
}
