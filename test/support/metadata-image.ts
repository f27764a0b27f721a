import { MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { emptyProvenance, type MetadataImage } from "../../src/metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../src/metadata/record-serde.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";

/** The image that these records give, as if they had gone through the log. */
export function imageOf(records: readonly MetadataRecordDraft[]): MetadataImage {
  return imageOfValues(records.map(encodeMetadataRecord));
}

export function imageOfValues(values: readonly Buffer[]): MetadataImage {
  const delta = new MetadataDelta();
  for (const value of values) {
    const record = decodeMetadataRecord(value);
    // Transactions of the log are the loader's business.
    if (record.type !== "beginTransaction" && record.type !== "endTransaction") delta.replay(record);
  }
  return delta.apply(emptyProvenance);
}

/** The records of a segment of the metadata log, as they stand in it. */
export function metadataValuesOf(segment: Buffer): Buffer[] {
  const values: Buffer[] = [];
  for (const batch of batches(segment)) {
    if (batch.isControl) continue;
    for (const { value } of recordsOf(batch, payloadOf(batch))) values.push(value!);
  }
  return values;
}
