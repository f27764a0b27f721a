import { type Compute, type Logger } from "../../io/ports.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { batches } from "../../protocol/records/batches.ts";
import { controlTypeOf, ControlType } from "../../protocol/records/control-records.ts";
import { TextCache } from "../../protocol/text-cache.ts";
import { Reader } from "../../protocol/reader.ts";
import { batchOfRecords, recordsOfMessage } from "../../protocol/records/message-records.ts";
import { MessageView } from "../../protocol/records/message-view.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { decompressBatch, payloadOf, recordsOf } from "../../protocol/records/record-iterator.ts";
import { type CoordinatorShard } from "./shard.ts";

/** No sane batch of coordinator records is larger when decompressed. */
const payloadSizeBytesMax = 256 * 1024 * 1024;

/** Applies batches from the log to a shard's state, in the course of one load. */
export class RecordReplay<S, R> {
  readonly #shard: CoordinatorShard<S, R>;
  readonly #state: S;
  readonly #compute: Compute;
  readonly #logger: Logger;
  readonly #texts = new TextCache();

  constructor(shard: CoordinatorShard<S, R>, state: S, compute: Compute, logger: Logger) {
    this.#shard = shard;
    this.#state = state;
    this.#compute = compute;
    this.#logger = logger;
  }

  /**
   * Applies whole batches; returns how many records that were.
   * @throws when a batch is malformed
   */
  async apply(records: Buffer): Promise<number> {
    let count = 0;
    for (const each of batches(records)) {
      const batch = each instanceof MessageView ? await this.#inCurrentFormat(each) : each;
      const payload = batch.isCompressed
        ? await decompressBatch(batch, this.#compute, payloadSizeBytesMax)
        : payloadOf(batch);
      count += batch.isControl ? this.#applyControls(batch, payload) : this.#applyBatch(batch, payload);
    }
    return count;
  }

  /** Brokers before Kafka 0.11 wrote messages, and where nothing was compacted since they are there still. */
  async #inCurrentFormat(message: MessageView): Promise<BatchView> {
    return batchOfRecords(message, await recordsOfMessage(message, this.#compute, payloadSizeBytesMax));
  }

  #applyBatch(batch: BatchView, payload: Buffer): number {
    const shard = this.#shard;
    const producerId = batch.isTransactional ? batch.producerId : -1;
    const cursor = new RecordCursor(batch, payload);
    let count = 0;
    while (cursor.next()) {
      count++;
      const { offset } = cursor;
      const record = cursor.keySizeBytes < 0 ? undefined : this.#decode(payload, cursor);
      // Left behind by a later version, perhaps, that the cluster was taken back from.
      if (record === undefined) this.#logger.warn({ offset }, "coordinator record of an unknown type, passed over");
      else shard.replay(this.#state, record, { offset, producerId });
    }
    return count;
  }

  #decode(payload: Buffer, { keyStart, keySizeBytes, valueStart, valueSizeBytes }: RecordCursor): R | undefined {
    const key = new Reader(payload, keyStart, keyStart + keySizeBytes, this.#texts);
    const value = valueSizeBytes < 0 ? null : new Reader(payload, valueStart, valueStart + valueSizeBytes, this.#texts);
    return this.#shard.decode(key, value);
  }

  #applyControls(batch: BatchView, payload: Buffer): number {
    let count = 0;
    for (const { key } of recordsOf(batch, payload)) {
      count++;
      const type = controlTypeOf(key);
      if (type !== ControlType.COMMIT && type !== ControlType.ABORT) continue;
      this.#shard.replayTransactionEnd(this.#state, batch.producerId, type === ControlType.COMMIT);
    }
    return count;
  }
}
