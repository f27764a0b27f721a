import { type Logger } from "../../src/io/ports.ts";
import { MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { emptyProvenance, type MetadataImage } from "../../src/metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../src/metadata/record-serde.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";

/** The image that these records give, as if they had gone through the log. */
export function imageOf(records: readonly MetadataRecordDraft[]): MetadataImage {
  const delta = new MetadataDelta();
  for (const record of records) delta.replay(decodeMetadataRecord(encodeMetadataRecord(record)));
  return delta.apply(emptyProvenance);
}

/** The image at the end of a segment of the metadata log. */
export function imageOfLog(segment: Buffer): MetadataImage {
  const delta = new MetadataDelta();
  for (const batch of batches(segment)) {
    if (batch.isControl) continue;
    for (const { value } of recordsOf(batch, payloadOf(batch))) delta.replay(decodeMetadataRecord(value!));
  }
  return delta.apply(emptyProvenance);
}

export const silentLogger: Logger = {
  child: () => silentLogger,
  debug() {},
  info() {},
  warn() {},
  error() {},
};
