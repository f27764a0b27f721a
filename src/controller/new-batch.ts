import { MetadataDelta } from "../metadata/delta/metadata-delta.ts";
import { type MetadataImage, type MetadataProvenance } from "../metadata/image/metadata-image.ts";
import { type MetadataRecord, type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord, keepDecoded } from "../metadata/record-serde.ts";
import { keepReplayed } from "../metadata/replayed-batch.ts";

const transactionRecords: ReadonlySet<string> = new Set(["beginTransaction", "endTransaction", "abortTransaction"]);

/** So many records are made in a turn of the event loop. */
export const recordsOfTurn = 500;

/**
 * The records of one operation on their way into the log: their bytes, and what they change. Replays what will be written,
 * not what was meant: whoever loads the log reads the same bytes.
 */
export class NewBatch {
  readonly values: Buffer[] = [];
  readonly #drafts: readonly MetadataRecordDraft[];
  readonly #before: MetadataImage;
  #after: MetadataImage;

  constructor(image: MetadataImage, drafts: readonly MetadataRecordDraft[]) {
    this.#drafts = drafts;
    this.#before = image;
    this.#after = image;
  }

  /** Makes the batch, thousands of records in parts. */
  *make(): Generator<void, void> {
    const delta = new MetadataDelta(this.#before);
    const records: MetadataRecord[] = [];
    for (const draft of this.#drafts) {
      if (records.length > 0 && records.length % recordsOfTurn === 0) yield;
      const value = encodeMetadataRecord(draft);
      const record = decodeMetadataRecord(value);
      delta.replay(record);
      this.values.push(value);
      records.push(record);
    }
    this.#after = yield* delta.applying(this.#before.provenance);
    keepDecoded(this.values, records);
    const isPlain = !records.some(({ type }) => transactionRecords.has(type));
    if (isPlain) keepReplayed(this.values, { before: this.#before, delta, after: this.#after });
  }

  /** The image with the records, once they are in the log. */
  apply(provenance: MetadataProvenance): MetadataImage {
    return { ...this.#after, provenance };
  }
}
