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
  const exists = ({ topic, partition }: TopicPartition) => cache.partition(topic, partition) !== undefined;
  if (!partitions.every(exists)) {
    return withCodes(topics, (partition) =>
      exists(partition) ? Errors.OPERATION_NOT_ATTEMPTED : Errors.UNKNOWN_TOPIC_OR_PARTITION,
    );
  }
  if (verifyOnly) {
    const codes = transactions.verifyPartitions({ ...producer, partitions });
    let next = 0;
    return withCodes(topics, () => codes[next++]!);
  }
  const clientVersion = apiVersion >= 4 ? 2 : 0;
  const errorCode = await transactions.addPartitionsPatiently({ ...producer, partitions, clientVersion });
  const isFenced = errorCode === Errors.PRODUCER_FENCED && apiVersion < 2;
  return withCodes(topics, () => (isFenced ? Errors.INVALID_PRODUCER_EPOCH : errorCode));
}

/** A code for each partition that was asked for, in their order. */
function withCodes(topics: Transaction["topics"], codeOf: (partition: TopicPartition) => ErrorCode): TopicResult[] {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partition) => ({
      partitionIndex: partition,
      partitionErrorCode: codeOf({ topic: name, partition }),
    })),
  }));
}
