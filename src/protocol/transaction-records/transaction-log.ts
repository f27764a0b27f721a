import { array, int16, int32, int64, int8, message, string, struct, type Infer } from "../schema.ts";

export const transactionLogKey = message(
  "TransactionLogKey",
  { versions: "0", flexible: "none", key: 0 },
  {
    transactionalId: string("0"),
  },
);
export type TransactionLogKey = Infer<typeof transactionLogKey>;

export const transactionLogValue = message(
  "TransactionLogValue",
  { versions: "0-1", flexible: "1+", key: 0 },
  {
    producerId: int64("0+"),
    previousProducerId: int64("0+", { tagged: "1+", tag: 0, default: -1 }),
    nextProducerId: int64("0+", { tagged: "1+", tag: 1, default: -1 }),
    producerEpoch: int16("0+"),
    nextProducerEpoch: int16("0+", { tagged: "1+", tag: 3, default: -1 }),
    transactionTimeoutMs: int32("0+"),
    transactionStatus: int8("0+"),
    transactionPartitions: array(
      "0+",
      struct("PartitionsSchema", {
        topic: string("0+"),
        partitionIds: array("0+", "int32"),
      }),
      { nullable: "0+" },
    ),
    transactionLastUpdateTimestampMs: int64("0+"),
    transactionStartTimestampMs: int64("0+"),
    clientTransactionVersion: int16("0+", { tagged: "1+", tag: 2, default: 0 }),
  },
);
export type TransactionLogValue = Infer<typeof transactionLogValue>;
