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
      const matchesId = pattern === null || pattern === "" ? () => true : await deps.compilePattern(pattern);
      const response = deps.transactions.listTransactions(request, matchesId ?? (() => false));
      // Whoever coordinates nothing, or is still loading, says so first.
      const isPatternRefused = matchesId === undefined && (response.errorCode ?? Errors.NONE) === Errors.NONE;
      return isPatternRefused ? { errorCode: Errors.INVALID_REGULAR_EXPRESSION } : response;
    },
  };
}
