import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { type Handler } from "../handler.ts";

/** What transactional ids are doing; TRANSACTIONAL_ID_NOT_FOUND for those that the coordinator does not know. */
export function describeTransactionsHandler(deps: {
  transactions: TransactionCoordinator;
}): Handler<"describeTransactions"> {
  return {
    api: "describeTransactions",
    handle({ transactionalIds }) {
      return { transactionStates: deps.transactions.describeTransactions(transactionalIds) };
    },
  };
}
