import { isInternalTopic } from "../../base/topic-name.ts";
import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { type TopicPartition } from "../../coordinator/transaction/transaction.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

export interface AddPartitionsToTxnDeps {
  readonly transactions: TransactionCoordinator;
  readonly cache: MetadataCache;
}

type Transaction = ApiRequest<"addPartitionsToTxn">["transactions"][number];
type TopicResult = Draft<ApiResponse<"addPartitionsToTxn">["resultsByTopicV3AndBelow"][number]>;

/**
 * Makes partitions part of a transaction: all of them, or none. Where one does not exist it is UNKNOWN_TOPIC_OR_PARTITION,
 * and the others are OPERATION_NOT_ATTEMPTED.
 *
 * - v0–3 come from producers, for one transaction. v2: PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before.
 * - v4+ come from brokers, for several; `verifyOnly` asks whether the partitions are in the transaction already.
 */
export function addPartitionsToTxnHandler(deps: AddPartitionsToTxnDeps): Handler<"addPartitionsToTxn"> {
  return {
    api: "addPartitionsToTxn",
    async handle(request, { apiVersion }) {
      if (apiVersion < 4) {
        const results = await resultOf(deps, ofProducer(request), apiVersion);
        return { resultsByTopicV3AndBelow: results };
      }
      const results = request.transactions.map(async (transaction) => ({
        transactionalId: transaction.transactionalId,
        topicResults: await resultOf(deps, transaction, apiVersion),
      }));
      const resultsByTransaction = await Promise.all(results);
      const isUnsupported = resultsByTransaction.some(({ topicResults }) => topicResults.some(isOfUnsupportedVersion));
      return isUnsupported ? { errorCode: Errors.UNSUPPORTED_VERSION } : { resultsByTransaction };
    },
  };
}

/** The cluster has no record for what brokers of this version ask, whatever the partition. */
function isOfUnsupportedVersion({ resultsByPartition }: TopicResult): boolean {
  return resultsByPartition?.[0]?.partitionErrorCode === Errors.UNSUPPORTED_VERSION;
}

function ofProducer(request: ApiRequest<"addPartitionsToTxn">): Transaction {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  };
}

async function resultOf(
  { transactions, cache }: AddPartitionsToTxnDeps,
  { topics, verifyOnly, ...producer }: Transaction,
  apiVersion: number,
): Promise<TopicResult[]> {
  const partitions = topics.flatMap(({ name, partitions: indexes }) =>
    indexes.map((partition) => ({ topic: name, partition })),
  );
  // Producers write to internal topics through the coordinators' requests alone.
  const isClosed = ({ topic }: TopicPartition) => apiVersion < 4 && isInternalTopic(topic);
  const exists = ({ topic, partition }: TopicPartition) => cache.partition(topic, partition) !== undefined;
  if (partitions.some((partition) => isClosed(partition) || !exists(partition))) {
    return withCodes(partitions, (partition) => {
      if (isClosed(partition)) return Errors.TOPIC_AUTHORIZATION_FAILED;
      return exists(partition) ? Errors.OPERATION_NOT_ATTEMPTED : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    });
  }
  if (verifyOnly) {
    const codes = transactions.verifyPartitions({ ...producer, partitions });
    return withCodes(partitions, (_, index) => codes[index]!);
  }
  const clientVersion = apiVersion >= 4 ? 2 : 0;
  const errorCode = await transactions.addPartitionsPatiently({ ...producer, partitions, clientVersion });
  const isFenced = errorCode === Errors.PRODUCER_FENCED && apiVersion < 2;
  const code = isFenced ? Errors.INVALID_PRODUCER_EPOCH : errorCode;
  const known = new Map(
    withCodes(partitions, () => code).map(({ name, resultsByPartition }) => [name, resultsByPartition]),
  );
  // Here Kafka goes by what was asked, so that a topic without partitions is answered too.
  return [...new Set(topics.map(({ name }) => name))].map((name) => ({
    name,
    resultsByPartition: known.get(name) ?? [],
  }));
}

/** A code for each partition that was asked for; none for a topic of which no partition was. */
function withCodes(
  partitions: readonly TopicPartition[],
  codeOf: (partition: TopicPartition, index: number) => ErrorCode,
): TopicResult[] {
  const topics = new Map<string, Map<number, ErrorCode>>();
  for (const [index, asked] of partitions.entries()) {
    let codes = topics.get(asked.topic);
    if (codes === undefined) topics.set(asked.topic, (codes = new Map()));
    codes.set(asked.partition, codeOf(asked, index));
  }
  return Array.from(topics, ([name, codes]) => ({
    name,
    resultsByPartition: Array.from(codes, ([partitionIndex, partitionErrorCode]) => ({
      partitionIndex,
      partitionErrorCode,
    })),
  }));
}
