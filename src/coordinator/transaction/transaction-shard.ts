import { type Timeline } from "../../base/timeline-map.ts";
import { type CoordinatorShard } from "../runtime/shard.ts";
import { scheduleTimeouts } from "./abort-timed-out.ts";
import { sendMarkers } from "./end-transaction.ts";
import { scheduleExpiration } from "./expire-ids.ts";
import { decodeTransactionRecord, encodeTransactionRecord, type TransactionRecord } from "./transaction-records.ts";
import { isPrepared } from "./transaction-status.ts";
import {
  TransactionState,
  type TransactionEnvironment,
  type TransactionScheduling,
  type TransactionTurn,
} from "./transaction-state.ts";

/** The coordinator of transactions, of one partition of `__transaction_state`. */
export function transactionShard(
  environment: TransactionEnvironment,
): CoordinatorShard<TransactionState, TransactionRecord> {
  return {
    newState: (timeline: Timeline) => new TransactionState(timeline, environment),
    encode: encodeTransactionRecord,
    decode: (key, value) => decodeTransactionRecord(key.rest(), value === null ? null : value.rest()),
    replay(state, { transactionalId, transaction }) {
      if (transaction === null) state.transactions.delete(transactionalId);
      else state.transactions.set(transactionalId, transaction);
    },
    // The log of transactions is not written in transactions.
    replayTransactionEnd() {},
    onLoaded,
    onReverted: (turn) => armTimers(turn.missingTimers()),
  };
}

/** What the coordinator before had decided and not completed is completed now. */
function onLoaded(turn: TransactionTurn): void {
  for (const transaction of turn.state.transactions.values()) {
    if (isPrepared(transaction.status)) sendMarkers(turn, transaction);
  }
  armTimers(turn);
}

function armTimers(turn: TransactionScheduling): void {
  scheduleTimeouts(turn);
  scheduleExpiration(turn);
}
