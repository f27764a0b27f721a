import { Ticket } from "../runtime/ticket.ts";
import { fenceAndAbort, needsProducerId } from "./end-transaction.ts";
import { type TransactionScheduling, type TransactionTurn } from "./transaction-state.ts";
import { noTimeoutMs, type Transaction } from "./transaction.ts";
import { timerKeys } from "./timer-keys.ts";

/** Looks for transactions that have timed out, now and then. */
export function scheduleTimeouts(turn: TransactionScheduling): void {
  turn.schedule(timerKeys.timeouts, turn.state.config.timeoutCheckIntervalMs, abortTimedOut);
}

/** Aborts transactions that are open for longer than their producers wanted, and fences those producers. */
function abortTimedOut(turn: TransactionTurn): void {
  turn.isDivisible = true;
  for (const transaction of turn.state.transactions.values()) {
    if (!hasTimedOut(transaction, turn.nowMs)) continue;
    const { transactionalId, producerId, producerEpoch } = transaction;
    if (fenceAndAbort(turn, transaction, undefined) === needsProducerId) askForProducerId(turn, transaction);
    turn.note("info", "transaction timed out", { transactionalId, producerId, producerEpoch });
  }
  scheduleTimeouts(turn);
}

/** The same for one transaction, with an id that its producer can go on with. */
export function abortTimedOutWith(turn: TransactionTurn, timedOut: Transaction, freeProducerId: number): void {
  const transaction = turn.state.transactions.get(timedOut.transactionalId);
  if (transaction?.producerId !== timedOut.producerId || !hasTimedOut(transaction, turn.nowMs)) return;
  fenceAndAbort(turn, transaction, freeProducerId);
}

function hasTimedOut({ status, startedAtMs, timeoutMs }: Transaction, nowMs: number): boolean {
  return status === "Ongoing" && timeoutMs !== noTimeoutMs && startedAtMs + timeoutMs < nowMs;
}

function askForProducerId(turn: TransactionTurn, transaction: Transaction): void {
  const { effects } = turn.state.environment;
  const ticket = new Ticket<Transaction>((result) => {
    if (result.ok) effects.onTimedOutWithoutEpochs(result.response);
  });
  turn.reply(ticket, transaction);
}
