import { type Compute } from "../../../io/ports.ts";
import { type BatchView, type TimestampType } from "../../../protocol/records/batch-header.ts";
import { batches } from "../../../protocol/records/batches.ts";
import { ControlType, controlTypeOf } from "../../../protocol/records/control-records.ts";
import { recordsOfMessage } from "../../../protocol/records/message-records.ts";
import { MessageView } from "../../../protocol/records/message-view.ts";
import { decompressBatch, type LogRecord, payloadOf, recordsOf } from "../../../protocol/records/record-iterator.ts";
import { ClientError } from "../kafka-error.ts";

export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  /** "none": of message format 0. */
  readonly timestampType: TimestampType | "none";
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
  /** Of its batch; -1 when that does not tell. */
  readonly leaderEpoch: number;
}

/** What a fetch brought for one partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Records before it were not asked for; a batch may begin with some. */
  readonly fetchOffset: number;
  readonly records: Buffer;
  /** Set when aborted transactions are to be left out. */
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | undefined;
}

/** A decompressed batch may not be larger; a broker refuses to store what would be. */
const batchSizeBytesMax = 2 ** 31 - 1;

/**
 * The records of a fetch, without control records and, in read_committed, those of aborted transactions.
 * @throws ClientError when a batch is damaged
 */
export async function* consumedRecords(
  fetched: FetchedPartition,
  compute: () => Promise<Compute>,
): AsyncGenerator<Generator<ConsumedRecord>> {
  const { topic, partition } = fetched;
  const aborted = new AbortedTransactions(fetched.abortedTransactions ?? []);
  for (const batch of batches(fetched.records)) {
    if (!batch.isValidCrc()) {
      // Not CORRUPT_MESSAGE, which may be sent again: the next fetch would bring the same bytes.
      throw new ClientError(
        "org.apache.kafka.common.KafkaException",
        `Record batch for partition ${topic}-${partition} at offset ${batch.baseOffset} is invalid, cause: Record is corrupt`,
      );
    }
    if (aborted.covers(batch) || batch.isControl) continue;
    if (batch instanceof MessageView) {
      const records = await recordsOfMessage(batch, await codecs(batch, compute), batchSizeBytesMax);
      yield recordsFrom(records, batch, batch.hasTimestamps ? batch.timestampType : "none", fetched);
      continue;
    }
    const payload = await decompressBatch(batch, await codecs(batch, compute), batchSizeBytesMax);
    yield recordsFrom(recordsOf(batch, payload), batch, batch.timestampType, fetched);
  }
}

async function codecs(batch: BatchView, compute: () => Promise<Compute>): Promise<Compute> {
  return batch.isCompressed ? compute() : noCompute;
}

const noCompute: Compute = {
  compress: () => Promise.reject(new Error("nothing is compressed")),
  decompress: () => Promise.reject(new Error("nothing is compressed")),
};

function* recordsFrom(
  records: Iterable<LogRecord>,
  { partitionLeaderEpoch: leaderEpoch }: BatchView,
  timestampType: ConsumedRecord["timestampType"],
  { topic, partition, fetchOffset }: FetchedPartition,
): Generator<ConsumedRecord> {
  for (const { offset, timestamp, key, value, headers } of records) {
    if (offset < fetchOffset) continue;
    yield { topic, partition, offset, timestamp, timestampType, key, value, headers, leaderEpoch };
  }
}

/** Which producers' transactions, at the point that the reader has reached, are known to end in an abort. */
class AbortedTransactions {
  readonly #byOffset: { readonly producerId: number; readonly firstOffset: number }[];
  readonly #open = new Set<number>();

  constructor(transactions: NonNullable<FetchedPartition["abortedTransactions"]>) {
    this.#byOffset = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  covers(batch: BatchView): boolean {
    if (!batch.hasProducerId) return false;
    for (let first = this.#byOffset[0]; first && first.firstOffset <= batch.lastOffset; first = this.#byOffset[0]) {
      this.#open.add(first.producerId);
      this.#byOffset.shift();
    }
    if (!batch.isControl) return batch.isTransactional && this.#open.has(batch.producerId);
    const marker = recordsOf(batch, payloadOf(batch)).next().value;
    if (marker !== undefined && controlTypeOf(marker.key) === ControlType.ABORT) this.#open.delete(batch.producerId);
    return false;
  }
}
