import { isIdle } from "./transaction-status.ts";
import { appendTombstone, type TransactionScheduling, type TransactionTurn } from "./transaction-state.ts";
import { type Transaction } from "./transaction.ts";
import { timerKeys } from "./timer-keys.ts";

/** Looks for transactional ids that have expired, now and then. */
export function scheduleExpiration(turn: TransactionScheduling): void {
  turn.schedule(timerKeys.expiration, turn.state.config.idExpirationCheckIntervalMs, expireIds);
}

/** So many ids are forgotten before others have their turn; to look at one costs next to nothing. */
const idsPerTurn = 2_000;

/** Forgets transactional ids without an open transaction that nobody has used for long. */
export function expireIds(turn: TransactionTurn): void {
  expireIdsIn(turn, turn.state.transactions.values());
}

/** The same for those that are still to be looked at. */
function expireIdsIn(turn: TransactionTurn, transactions: Iterator<Transaction, undefined>): void {
  turn.isDivisible = true;
  const unusedSinceMs = turn.nowMs - turn.state.config.idExpirationMs;
  let next = transactions.next();
  for (let left = idsPerTurn; next.done !== true; next = transactions.next()) {
    const { transactionalId, status, updatedAtMs } = next.value;
    if (!isIdle(status) || updatedAtMs > unusedSinceMs) continue;
    appendTombstone(turn, transactionalId);
    if (--left === 0) break;
  }
  if (turn.records.length > 0) turn.note("info", "transactional ids expired", { tombstones: turn.records.length });
  if (next.done === true) scheduleExpiration(turn);
  else turn.schedule(timerKeys.expiration, 0, (later) => expireIdsIn(later, transactions));
}
