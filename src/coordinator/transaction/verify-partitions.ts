import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type AddPartitionsRequest } from "./add-partitions.ts";
import { isPrepared } from "./transaction-status.ts";
import { type TransactionState } from "./transaction-state.ts";
import { hasPartition } from "./transaction.ts";

/** Whether the partitions are in the transaction of this producer: a code for each, in their order. Nothing changes. */
export function verifyPartitions(
  state: TransactionState,
  { transactionalId, producerId, producerEpoch, partitions }: Omit<AddPartitionsRequest, "clientVersion">,
): ErrorCode[] {
  const transaction = state.transactions.get(transactionalId, "committed");
  const all = (errorCode: ErrorCode) => partitions.map(() => errorCode);
  if (transaction === undefined) return all(Errors.INVALID_PRODUCER_ID_MAPPING);
  if (transaction.producerId !== producerId) return all(Errors.INVALID_PRODUCER_ID_MAPPING);
  if (transaction.producerEpoch !== producerEpoch) return all(Errors.PRODUCER_FENCED);
  if (isPrepared(transaction.status)) return all(Errors.CONCURRENT_TRANSACTIONS);
  return partitions.map((partition) =>
    hasPartition(transaction.partitions, partition) ? Errors.NONE : Errors.TRANSACTION_ABORTABLE,
  );
}
