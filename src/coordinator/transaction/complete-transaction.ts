import { type TimestampMs } from "../../base/brand.ts";
import { isPrepared } from "./transaction-status.ts";
import { appendTransaction, type TransactionTurn } from "./transaction-state.ts";
import { type Transaction } from "./transaction.ts";
import { completed } from "./transitions.ts";

/** All markers of a prepared transaction are written. */
export function completeTransaction(turn: TransactionTurn, ended: Transaction, completedAtMs: TimestampMs): void {
  const transaction = turn.state.transactions.get(ended.transactionalId);
  const isSame =
    transaction !== undefined &&
    isPrepared(transaction.status) &&
    transaction.producerId === ended.producerId &&
    transaction.producerEpoch === ended.producerEpoch &&
    // Where the epoch is not bumped, it may be that of the producer's next transaction, whose markers are not written.
    transaction.startedAtMs === ended.startedAtMs;
  if (isSame) appendTransaction(turn, completed(transaction, completedAtMs));
}
