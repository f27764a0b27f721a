import { array, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const offsetForLeaderEpochRequest = message(
  "OffsetForLeaderEpochRequest",
  { versions: "2-4", flexible: "4+", key: 23 },
  {
    replicaId: int32("3+", { default: -2, ignorable: true }),
    topics: array(
      "0+",
      struct("OffsetForLeaderTopic", {
        topic: string("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("OffsetForLeaderPartition", {
            partition: int32("0+"),
            currentLeaderEpoch: int32("2+", { default: -1, ignorable: true }),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type OffsetForLeaderEpochRequest = Infer<typeof offsetForLeaderEpochRequest>;

export const offsetForLeaderEpochResponse = message(
  "OffsetForLeaderEpochResponse",
  { versions: "2-4", flexible: "4+", key: 23 },
  {
    throttleTimeMs: int32("2+", { ignorable: true }),
    topics: array(
      "0+",
      struct("OffsetForLeaderTopicResult", {
        topic: string("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("EpochEndOffset", {
            errorCode: int16("0+"),
            partition: int32("0+"),
            leaderEpoch: int32("1+", { default: -1, ignorable: true }),
            endOffset: int64("0+", { default: -1 }),
          }),
        ),
      }),
    ),
  },
);
export type OffsetForLeaderEpochResponse = Infer<typeof offsetForLeaderEpochResponse>;
