import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";

/**
 * Commits or aborts a transaction. The answer leaves when that is decided; the partitions are told afterwards.
 *
 * - v2: PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before.
 * - v5: the producer gets a new epoch, or id, for its next transaction (KIP-890).
 */
export function endTxnHandler({ transactions }: { transactions: TransactionCoordinator }): Handler<"endTxn"> {
  return {
    api: "endTxn",
    async handle({ transactionalId, producerId, producerEpoch, committed }, { apiVersion }) {
      const ended = await transactions.endTransaction({
        transactionalId,
        producerId,
        producerEpoch,
        isCommit: committed,
        clientVersion: apiVersion >= 5 ? 2 : 0,
      });
      const isFenced = ended.errorCode === Errors.PRODUCER_FENCED && apiVersion < 2;
      return isFenced ? { ...ended, errorCode: Errors.INVALID_PRODUCER_EPOCH } : ended;
    },
  };
}
