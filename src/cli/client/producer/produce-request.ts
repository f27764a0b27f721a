import { type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type Cluster } from "../cluster.ts";
import { KafkaError } from "../kafka-error.ts";
import { byTopic } from "../topic-partition.ts";
import { type Lane, type LaneBatch } from "./lanes.ts";
import { BatchRefused, type PendingBatch } from "./pending-batch.ts";

type PartitionResult = ApiResponse<"produce">["responses"][number]["partitionResponses"][number];

/** A request with one batch for each of some partitions. */
export function produceRequest(
  cluster: Cluster,
  chosen: readonly LaneBatch[],
  common: { readonly transactionalId: string | null; readonly acks: number; readonly timeoutMs: number },
): Draft<ApiRequest<"produce">> {
  const entries = chosen.map(({ lane: { topic, partition }, batch: { bytes } }) => ({ topic, partition, bytes }));
  return {
    ...common,
    topicData: [...byTopic(entries)].map(([name, its]) => ({
      name,
      topicId: cluster.topicIdOf(name),
      partitionData: its.map(({ partition, bytes }) => ({ index: partition, records: bytes ?? null })),
    })),
  };
}

/** What an answer says of the batch of a lane. */
export function resultFor(
  cluster: Cluster,
  { topic, partition }: Lane,
  answer: ApiResponse<"produce">,
): PartitionResult | undefined {
  const id = cluster.topicIdOf(topic);
  return answer.responses
    .find(({ name, topicId }) => name === topic || topicId === id)
    ?.partitionResponses.find(({ index }) => index === partition);
}

/** The error that a code and what was said with it come to. */
export function refusal(code: number, result: PartitionResult | undefined): KafkaError {
  const errors = result?.recordErrors ?? [];
  if (errors.length === 0) return new KafkaError(code, result?.errorMessage);
  const messages = errors.map(({ batchIndex, batchIndexErrorMessage }): [number, string] => [
    batchIndex,
    batchIndexErrorMessage ?? result?.errorMessage ?? new KafkaError(code).message,
  ]);
  return new BatchRefused(code, result?.errorMessage ?? null, new Map(messages));
}

/** Splits batches for one broker so that no request is too large. */
export function* inRequests<T extends { batch: PendingBatch }>(
  chosen: readonly T[],
  sizeBytesMax: number,
): Generator<T[]> {
  let group: T[] = [];
  let sizeBytes = 0;
  for (const entry of chosen) {
    const size = entry.batch.bytes?.length ?? 0;
    if (group.length > 0 && sizeBytes + size > sizeBytesMax) {
      yield group;
      group = [];
      sizeBytes = 0;
    }
    group.push(entry);
    sizeBytes += size;
  }
  if (group.length > 0) yield group;
}
