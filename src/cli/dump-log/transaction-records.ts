import { transactionLogKey, transactionLogValue } from "../../protocol/transaction-records/transaction-log.ts";
import { type CoordinatorRecord } from "./coordinator-decoder.ts";

/** What `__transaction_state` holds. */
export const transactionRecords: readonly CoordinatorRecord[] = [
  { key: transactionLogKey, value: transactionLogValue },
];
