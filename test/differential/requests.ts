import { type ApiRequest } from "../../src/protocol/apis.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { type Draft } from "../../src/protocol/schema.ts";

export const startMs = 1_700_000_000_000;

export interface BatchOptions {
  readonly count?: number;
  readonly value?: string | Buffer;
  readonly key?: string | null;
  /** Of the first record; each further one is a second later. */
  readonly timestamp?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
}

/** A batch that a producer could send. */
export function batch(options: BatchOptions = {}): Buffer {
  const { count = 1, value = "value", key = null, timestamp = startMs, ...rest } = options;
  const record = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
  const records = Array.from({ length: count }, (_, index) => ({ ...record, timestamp: timestamp + index * 1_000 }));
  return buildBatch({ ...rest, records });
}

type ProduceRequest = Draft<ApiRequest<"produce">>;

export interface ProduceOptions {
  readonly acks?: number;
  readonly timeoutMs?: number;
  readonly transactionalId?: string;
  readonly index?: number;
}

/** One batch for one partition, by name. */
export function produce(topic: string, records: Buffer | null, options: ProduceOptions = {}): ProduceRequest {
  const { acks = -1, timeoutMs = 10_000, transactionalId = null, index = 0 } = options;
  return { acks, timeoutMs, transactionalId, topicData: [{ name: topic, partitionData: [{ index, records }] }] };
}

/** One batch for one partition, by topic id. */
export function produceById(topicId: string, records: Buffer | null, index = 0): ProduceRequest {
  return { acks: -1, timeoutMs: 10_000, topicData: [{ topicId, partitionData: [{ index, records }] }] };
}

type FetchRequest = Draft<ApiRequest<"fetch">>;
type FetchTopic = NonNullable<FetchRequest["topics"]>[number];
type FetchPartition = NonNullable<FetchTopic["partitions"]>[number];

/** A fetch outside of any session that does not wait, unless `options` say otherwise. */
export function fetch(topics: readonly FetchTopic[], options: FetchRequest = {}): FetchRequest {
  return { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, sessionEpoch: -1, ...options, topics };
}

/** One partition of a fetch. */
export function from(fetchOffset: number, options: FetchPartition = {}): FetchPartition {
  return { partition: 0, partitionMaxBytes: 1 << 20, fetchOffset, ...options };
}
