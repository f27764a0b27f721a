import { array, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const txnOffsetCommitRequest = message(
  "TxnOffsetCommitRequest",
  { versions: "0-5", flexible: "3+", key: 28 },
  {
    transactionalId: string("0+"),
    groupId: string("0+"),
    producerId: int64("0+"),
    producerEpoch: int16("0+"),
    generationId: int32("3+", { default: -1 }),
    memberId: string("3+", { default: "" }),
    groupInstanceId: string("3+", { nullable: "3+", default: null }),
    topics: array(
      "0+",
      struct("TxnOffsetCommitRequestTopic", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("TxnOffsetCommitRequestPartition", {
            partitionIndex: int32("0+"),
            committedOffset: int64("0+"),
            committedLeaderEpoch: int32("2+", { default: -1, ignorable: true }),
            committedMetadata: string("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type TxnOffsetCommitRequest = Infer<typeof txnOffsetCommitRequest>;

export const txnOffsetCommitResponse = message(
  "TxnOffsetCommitResponse",
  { versions: "0-5", flexible: "3+", key: 28 },
  {
    throttleTimeMs: int32("0+"),
    topics: array(
      "0+",
      struct("TxnOffsetCommitResponseTopic", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("TxnOffsetCommitResponsePartition", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type TxnOffsetCommitResponse = Infer<typeof txnOffsetCommitResponse>;
