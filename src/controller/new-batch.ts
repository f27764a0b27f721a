import { MetadataDelta } from "../metadata/delta/metadata-delta.ts";
import { type MetadataImage, type MetadataProvenance } from "../metadata/image/metadata-image.ts";
import { type MetadataRecord, type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord, keepDecoded } from "../metadata/record-serde.ts";

/**
 * The records of one operation on their way into the log: their bytes, and what they change. Replays what will be written,
 * not what was meant: whoever loads the log reads the same bytes.
 */
export class NewBatch {
  readonly values: Buffer[] = [];
  readonly #drafts: readonly MetadataRecordDraft[];
  readonly #records: MetadataRecord[] = [];
  readonly #delta: MetadataDelta;

  constructor(image: MetadataImage, drafts: readonly MetadataRecordDraft[]) {
    this.#drafts = drafts;
    this.#delta = new MetadataDelta(image);
    keepDecoded(this.values, this.#records);
  }

  /** Does the next `count` records at most; true when all are done. */
  advance(count: number): boolean {
    const end = Math.min(this.values.length + count, this.#drafts.length);
    while (this.values.length < end) {
      const value = encodeMetadataRecord(this.#drafts[this.values.length]!);
      const record = decodeMetadataRecord(value);
      this.#delta.replay(record);
      this.values.push(value);
      this.#records.push(record);
    }
    return end === this.#drafts.length;
  }

  /** The image with the records, once they are in the log. */
  apply(provenance: MetadataProvenance): MetadataImage {
    return this.#delta.apply(provenance);
  }
}
