import { isIdle } from "./transaction-status.ts";
import { appendTombstone, type TransactionScheduling, type TransactionTurn } from "./transaction-state.ts";
import { timerKeys } from "./timer-keys.ts";

/** Looks for transactional ids that have expired, now and then. */
export function scheduleExpiration(turn: TransactionScheduling): void {
  turn.schedule(timerKeys.expiration, turn.state.config.idExpirationCheckIntervalMs, expireIds);
}

/** Forgets transactional ids without an open transaction that nobody has used for long. */
export function expireIds(turn: TransactionTurn): void {
  turn.isDivisible = true;
  const unusedSinceMs = turn.nowMs - turn.state.config.idExpirationMs;
  for (const { transactionalId, status, updatedAtMs } of turn.state.transactions.values()) {
    if (isIdle(status) && updatedAtMs <= unusedSinceMs) appendTombstone(turn, transactionalId);
  }
  if (turn.records.length > 0) turn.note("info", "transactional ids expired", { tombstones: turn.records.length });
  scheduleExpiration(turn);
}
