import { array, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const describeTransactionsRequest = message(
  "DescribeTransactionsRequest",
  { versions: "0", flexible: "0+", key: 65 },
  {
    transactionalIds: array("0+", "string"),
  },
);
export type DescribeTransactionsRequest = Infer<typeof describeTransactionsRequest>;

export const describeTransactionsResponse = message(
  "DescribeTransactionsResponse",
  { versions: "0", flexible: "0+", key: 65 },
  {
    throttleTimeMs: int32("0+"),
    transactionStates: array(
      "0+",
      struct("TransactionState", {
        errorCode: int16("0+"),
        transactionalId: string("0+"),
        transactionState: string("0+"),
        transactionTimeoutMs: int32("0+"),
        transactionStartTimeMs: int64("0+"),
        producerId: int64("0+"),
        producerEpoch: int16("0+"),
        topics: array(
          "0+",
          struct("TopicData", {
            topic: string("0+", { mapKey: true }),
            partitions: array("0+", "int32"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeTransactionsResponse = Infer<typeof describeTransactionsResponse>;
