import { type TimestampMs } from "../../base/brand.ts";
import { nextTurn } from "../../io/next-turn.ts";
import { type Timers } from "../../io/ports.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Result } from "../runtime/ticket.ts";
import { type TransactionState } from "./transaction-state.ts";
import { isStatus } from "./transaction-status.ts";
import { type Transaction } from "./transaction.ts";

export type ListedTransaction = Draft<ApiResponse<"listTransactions">["transactionStates"][number]>;
export type ListTransactionsResponse = Draft<ApiResponse<"listTransactions">>;

type TransactionFilters = Pick<ApiRequest<"listTransactions">, "stateFilters" | "producerIdFilters" | "durationFilter">;

/** So many ids are matched with a pattern before others have their turn. */
const matchesPerTurn = 2_000;

/** The transactions of all shards that pass the filters; empty ones let all pass. */
export function listTransactions(
  readAll: <T>(read: (state: TransactionState) => T) => Result<T>[],
  { stateFilters, producerIdFilters, durationFilter }: TransactionFilters,
  nowMs: TimestampMs,
): ListTransactionsResponse {
  const states = new Set(stateFilters);
  const producerIds = new Set(producerIdFilters);
  const passes = ({ status, producerId, startedAtMs }: Transaction) =>
    status !== "Dead" &&
    (producerIds.size === 0 || producerIds.has(producerId)) &&
    // Names of states that are none let nothing pass.
    (states.size === 0 || states.has(status)) &&
    // A transaction that has not begun counts from the year 1970 on: it is listed, as by Kafka.
    (durationFilter < 0 || nowMs - startedAtMs > durationFilter);
  const listed = [];
  for (const result of readAll((state) => listedOf(state, passes))) {
    if (result.ok) listed.push(result.response);
    else if (result.error !== Errors.NOT_COORDINATOR) return { errorCode: result.error };
  }
  const unknownStateFilters = [...states].filter((name) => !isStatus(name));
  return { unknownStateFilters, transactionStates: listed.flat() };
}

function listedOf(state: TransactionState, passes: (transaction: Transaction) => boolean): ListedTransaction[] {
  const listed: ListedTransaction[] = [];
  for (const [transactionalId, transaction] of state.transactions.entries("committed")) {
    if (!passes(transaction)) continue;
    listed.push({ transactionalId, producerId: transaction.producerId, transactionState: transaction.status });
  }
  return listed;
}

/** Those of a response whose ids match; a pattern takes about a microsecond for each. */
export async function matchingTransactions(
  response: ListTransactionsResponse,
  matchesId: (transactionalId: string) => boolean,
  timers: Timers,
): Promise<ListTransactionsResponse> {
  const { transactionStates: all = [] } = response;
  const transactionStates: ListedTransaction[] = [];
  for (let start = 0; start < all.length; start += matchesPerTurn) {
    if (start > 0) await nextTurn(timers);
    for (const listed of all.slice(start, start + matchesPerTurn)) {
      if (matchesId(listed.transactionalId ?? "")) transactionStates.push(listed);
    }
  }
  return { ...response, transactionStates };
}
