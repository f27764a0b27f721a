import { type ApiRequest } from "../../protocol/apis.ts";
import { type ErrorCode, errorName, Errors } from "../../protocol/errors.ts";
import { BatchView } from "../../protocol/records/batch-header.ts";
import { type Partition } from "../../replication/partition.ts";
import {
  produceTransactionSupport,
  type TransactionVerification,
  type Verification,
  type WantedPartition,
} from "../../replication/transaction-verification.ts";
import { recordsError, type RequestProblem } from "./produced-records.ts";

type Request = ApiRequest<"produce">;
type TopicData = Request["topicData"][number];
type PartitionData = TopicData["partitionData"][number];

/** What was found out about the transactional batches of a request, by their part of it. */
export type Verified = ReadonlyMap<PartitionData, Verification>;

/** The transactional batches of a request. */
export interface TransactionalBatches {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly apiVersion: number;
  readonly data: readonly PartitionData[];
  readonly partitions: readonly WantedPartition[];
}

const severalProducers: RequestProblem = {
  errorCode: Errors.INVALID_PRODUCER_ID_MAPPING,
  message: "Transactional records contained more than one producer ID",
};

/**
 * The batches that the coordinator of their transaction may have to be asked about; undefined when there are none.
 * A request is about one transaction.
 *
 * @param find the partition that a part of the request is for, or why there is none
 */
export function transactionalBatches(
  { transactionalId, topicData }: Request,
  apiVersion: number,
  find: (topic: TopicData, index: number) => Partition | ErrorCode,
): TransactionalBatches | RequestProblem | undefined {
  // Without one, transactional records have been refused before.
  if (transactionalId === null) return undefined;
  const data: PartitionData[] = [];
  const partitions: WantedPartition[] = [];
  let first: BatchView | undefined;
  for (const topic of topicData) {
    for (const part of topic.partitionData) {
      if (part.records === null || recordsError(part.records, apiVersion) !== Errors.NONE) continue;
      const batch = new BatchView(part.records, 0);
      if (!batch.isTransactional || !batch.hasProducerId) continue;
      const partition = find(topic, part.index);
      if (partition === Errors.UNKNOWN_TOPIC_ID || partition === Errors.UNKNOWN_TOPIC_OR_PARTITION) continue;
      first ??= batch;
      if (batch.producerId !== first.producerId || batch.producerEpoch !== first.producerEpoch) return severalProducers;
      // Whoever leads it is asked by the client next.
      if (typeof partition === "number") continue;
      data.push(part);
      partitions.push({ partition, baseSequence: batch.baseSequence });
    }
  }
  if (first === undefined) return undefined;
  const { producerId, producerEpoch } = first;
  return { transactionalId, producerId, producerEpoch, apiVersion, data, partitions };
}

/** No promise when nobody has to be asked. */
export function verify(
  verification: TransactionVerification,
  { data, apiVersion, ...wanted }: TransactionalBatches,
): Verified | Promise<Verified> {
  const support = produceTransactionSupport(apiVersion);
  const results = verification.startPatiently({ ...wanted, support });
  const byData = (done: readonly Verification[]): Verified =>
    new Map(done.map((result, slot) => [data[slot]!, result]));
  return results instanceof Promise ? results.then(byData) : byData(results);
}

/**
 * How a client is told that its batch could not be verified. What passes by itself is NOT_ENOUGH_REPLICAS for clients:
 * all of them try again then, and do not look for another leader.
 */
export function verificationProblem({ errorCode }: Verification, apiVersion: number): RequestProblem {
  switch (errorCode) {
    case Errors.INVALID_TXN_STATE:
      return { errorCode, message: "Partition was not added to the transaction" };
    case Errors.CONCURRENT_TRANSACTIONS:
      // Since v12 it comes with every quick transaction, and clients know it.
      return produceTransactionSupport(apiVersion) === "implicitAdd" ? { errorCode, message: null } : unable(errorCode);
    case Errors.NETWORK_EXCEPTION:
    case Errors.COORDINATOR_LOAD_IN_PROGRESS:
    case Errors.COORDINATOR_NOT_AVAILABLE:
    case Errors.NOT_COORDINATOR:
      return unable(errorCode);
    default:
      return { errorCode, message: null };
  }
}

function unable(errorCode: ErrorCode): RequestProblem {
  const message = `Unable to verify the partition has been added to the transaction. Underlying error: ${errorName(errorCode)}`;
  return { errorCode: Errors.NOT_ENOUGH_REPLICAS, message };
}
