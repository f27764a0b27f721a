import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type TransactionState } from "./transaction-state.ts";
import { isPrepared } from "./transaction-status.ts";
import { noPartitions, withPartitions, type TopicPartition } from "./transaction.ts";

export type DescribedTransaction = Draft<ApiResponse<"describeTransactions">["transactionStates"][number]>;

/** @param withoutMarker of a transaction whose markers are being written, the partitions that have none yet */
export function describeTransaction(
  state: TransactionState,
  transactionalId: string,
  withoutMarker: readonly TopicPartition[] | undefined,
): DescribedTransaction {
  const transaction = state.transactions.get(transactionalId, "committed");
  if (transaction === undefined || transaction.status === "Dead") {
    return { transactionalId, errorCode: Errors.TRANSACTIONAL_ID_NOT_FOUND };
  }
  const isEnding = isPrepared(transaction.status) && withoutMarker !== undefined;
  const partitions = isEnding ? withPartitions(noPartitions, withoutMarker) : transaction.partitions;
  return {
    transactionalId,
    errorCode: Errors.NONE,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionState: transaction.status,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startedAtMs,
    topics: [...partitions].map(([topic, indexes]) => ({ topic, partitions: [...indexes] })),
  };
}
