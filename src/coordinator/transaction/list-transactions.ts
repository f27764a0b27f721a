import { type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { type ApiResponse } from "../../protocol/apis.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type TransactionState } from "./transaction-state.ts";
import { type Transaction } from "./transaction.ts";

export type ListedTransaction = Draft<ApiResponse<"listTransactions">["transactionStates"][number]>;

/** What a transaction must be to be listed; empty sets let all pass. */
export interface TransactionFilter {
  readonly producerIds: ReadonlySet<ProducerId>;
  /** Names of states; those that are none let nothing pass. */
  readonly states: ReadonlySet<string>;
  /** Open for longer than this; negative lets all pass. */
  readonly durationMs: number;
  readonly matchesId: (transactionalId: string) => boolean;
}

export function listTransactions(
  state: TransactionState,
  filter: TransactionFilter,
  nowMs: TimestampMs,
): ListedTransaction[] {
  const listed: ListedTransaction[] = [];
  for (const [transactionalId, transaction] of state.transactions.entries("committed")) {
    if (!passes(transaction, filter, nowMs)) continue;
    listed.push({ transactionalId, producerId: transaction.producerId, transactionState: transaction.status });
  }
  return listed;
}

function passes(
  { transactionalId, producerId, status, startedAtMs }: Transaction,
  { producerIds, states, durationMs, matchesId }: TransactionFilter,
  nowMs: TimestampMs,
): boolean {
  if (status === "Dead") return false;
  if (producerIds.size > 0 && !producerIds.has(producerId)) return false;
  if (states.size > 0 && !states.has(status)) return false;
  // A transaction that has not begun counts from the year 1970 on: it is listed, as by Kafka.
  if (durationMs >= 0 && nowMs - startedAtMs <= durationMs) return false;
  return matchesId(transactionalId);
}
