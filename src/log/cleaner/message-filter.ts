import { compressBatch } from "../../protocol/records/batch-builder.ts";
import { attributesAt, deleteHorizonBit } from "../../protocol/records/batch-header.ts";
import { batchOfRecords, type MessageRecord, recordsOfMessage } from "../../protocol/records/message-records.ts";
import { type MessageView } from "../../protocol/records/message-view.ts";
import { type BatchFilterOptions, decompressedBytesMax } from "./batch-filter.ts";
import { emptyBatch } from "./batch-rebuild.ts";
import { UncleanableError } from "./batch-reader.ts";

/** Decides what stays of messages of formats 0 and 1, and makes batches of the current format of that, as Kafka does. */
export class MessageFilter {
  readonly #options: BatchFilterOptions;

  constructor(options: BatchFilterOptions) {
    this.#options = options;
  }

  /**
   * The batch that takes the place of the message; null when nothing does. It begins with the first record that stays and
   * ends with the last.
   *
   * @param keepsTombstones a message has no room for the time at which they may go: the age of its file decides
   */
  async filter(message: MessageView, keepsTombstones: boolean): Promise<Buffer | null> {
    const { compute, counts, endOffset, nowMs, deleteRetentionMs } = this.#options;
    const records = await recordsOfMessage(message, compute, decompressedBytesMax);
    const kept = records.filter((record) => this.#isKept(record, keepsTombstones));
    counts.recordsRead += records.length;
    counts.recordsKept += kept.length;
    // The last offset of the round must not be lost. Kafka finds that it has no empty messages, and never cleans the log again.
    if (kept.length === 0)
      return message.nextOffset === endOffset ? emptyBatch(batchOfRecords(message, records)) : null;
    const codec = message.compression;
    if (codec === "unknown") throw new UncleanableError(`Unknown compression type id: ${message.attributes & 7}`);
    if (kept.every(({ value }) => value !== null)) {
      return compressBatch(batchOfRecords(message, kept).bytes(), codec, compute);
    }
    const batch = batchOfRecords(message, kept, nowMs + deleteRetentionMs);
    batch.buffer.writeInt16BE(batch.attributes | deleteHorizonBit, attributesAt);
    batch.updateCrc();
    return compressBatch(batch.bytes(), codec, compute);
  }

  #isKept({ offset, key, value }: MessageRecord, keepsTombstones: boolean): boolean {
    const { map, latestOffset, counts } = this.#options;
    if (offset > latestOffset) return true;
    if (key === null) {
      counts.recordsWithoutKey++;
      return false;
    }
    return (value !== null || keepsTombstones) && offset >= map.get(key, 0, key.length);
  }
}
