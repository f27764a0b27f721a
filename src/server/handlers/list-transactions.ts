import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";

export interface ListTransactionsDeps {
  readonly transactions: TransactionCoordinator;
  /** A test for the whole of a text, or undefined when the pattern is none in RE2's syntax. */
  readonly compilePattern: (pattern: string) => Promise<((text: string) => boolean) | undefined>;
}

/**
 * The transactional ids that this broker coordinates.
 *
 * - v1: those that are open for longer than a time. v2: those whose ids match a pattern, else INVALID_REGULAR_EXPRESSION.
 */
export function listTransactionsHandler(deps: ListTransactionsDeps): Handler<"listTransactions"> {
  return {
    api: "listTransactions",
    async handle(request) {
      const { transactionalIdPattern: pattern } = request;
      if (pattern === null || pattern === "") return deps.transactions.listTransactions(request);
      const matchesId = await deps.compilePattern(pattern);
      if (matchesId !== undefined) return deps.transactions.listMatching(request, matchesId);
      // Whoever coordinates nothing, or is still loading, says so first.
      const { errorCode = Errors.NONE } = deps.transactions.listTransactions(request);
      return { errorCode: errorCode === Errors.NONE ? Errors.INVALID_REGULAR_EXPRESSION : errorCode };
    },
  };
}
