import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type TransactionState } from "./transaction-state.ts";

export type DescribedTransaction = Draft<ApiResponse<"describeTransactions">["transactionStates"][number]>;

export function describeTransaction(state: TransactionState, transactionalId: string): DescribedTransaction {
  const transaction = state.transactions.get(transactionalId, "committed");
  if (transaction === undefined || transaction.status === "Dead") {
    return { transactionalId, errorCode: Errors.TRANSACTIONAL_ID_NOT_FOUND };
  }
  return {
    transactionalId,
    errorCode: Errors.NONE,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionState: transaction.status,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startedAtMs,
    topics: [...transaction.partitions].map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
  };
}
