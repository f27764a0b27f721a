import { topicNameProblem } from "../../base/topic-name.ts";
import { type ApiResponse } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";
import { type PartitionLookup } from "../partition-lookup.ts";

export interface DescribeProducersDeps {
  readonly cache: MetadataCache;
  readonly lookup: PartitionLookup;
}

type Topic = NonNullable<Draft<ApiResponse<"describeProducers">>["topics"]>[number];
type Partition = NonNullable<Topic["partitions"]>[number];

/**
 * What partitions know of their idempotent and transactional producers, with the first offset of transactions that are
 * open (-1: none is): how a hanging transaction is found. Any replica answers.
 */
export function describeProducersHandler({ cache, lookup }: DescribeProducersDeps): Handler<"describeProducers"> {
  return {
    api: "describeProducers",
    handle: ({ topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => {
        const problem = topicProblem(cache, name);
        return {
          name,
          partitions: partitionIndexes.map((partitionIndex) =>
            problem === undefined ? describe(lookup, name, partitionIndex) : { partitionIndex, ...problem },
          ),
        };
      }),
    }),
  };
}

function topicProblem(
  cache: MetadataCache,
  name: string,
): { readonly errorCode: ErrorCode; readonly errorMessage: string } | undefined {
  const errorMessage = topicNameProblem(name);
  if (errorMessage !== undefined) return { errorCode: Errors.INVALID_TOPIC_EXCEPTION, errorMessage };
  if (cache.topic(name) !== undefined) return undefined;
  return {
    errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: "This server does not host this topic-partition.",
  };
}

function describe(lookup: PartitionLookup, topic: string, partitionIndex: number): Partition {
  const partition = lookup.byName(topic, partitionIndex);
  if (typeof partition === "number") return { partitionIndex, errorCode: partition };
  if (partition.isOffline) return { partitionIndex, errorCode: Errors.KAFKA_STORAGE_ERROR };
  const activeProducers = Array.from(partition.log.producerState.entries(), (entry) => ({
    producerId: entry.producerId,
    producerEpoch: entry.producerEpoch,
    lastSequence: entry.lastSequence,
    lastTimestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.transactionFirstOffset,
  }));
  return { partitionIndex, activeProducers };
}
