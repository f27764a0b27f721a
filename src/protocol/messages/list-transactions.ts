import { array, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const listTransactionsRequest = message(
  "ListTransactionsRequest",
  { versions: "0-2", flexible: "0+", key: 66 },
  {
    stateFilters: array("0+", "string"),
    producerIdFilters: array("0+", "int64"),
    durationFilter: int64("1+", { default: -1 }),
    transactionalIdPattern: string("2+", { nullable: "2+", default: null }),
  },
);
export type ListTransactionsRequest = Infer<typeof listTransactionsRequest>;

export const listTransactionsResponse = message(
  "ListTransactionsResponse",
  { versions: "0-2", flexible: "0+", key: 66 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    unknownStateFilters: array("0+", "string"),
    transactionStates: array(
      "0+",
      struct("TransactionState", {
        transactionalId: string("0+"),
        producerId: int64("0+"),
        transactionState: string("0+"),
      }),
    ),
  },
);
export type ListTransactionsResponse = Infer<typeof listTransactionsResponse>;
