import { array, int16, int32, int64, message, string, struct, uuid, type Infer } from "../schema.ts";

export const readShareGroupStateSummaryRequest = message(
  "ReadShareGroupStateSummaryRequest",
  { versions: "0-1", flexible: "0+", key: 87 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("ReadStateSummaryData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partition: int32("0+"),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type ReadShareGroupStateSummaryRequest = Infer<typeof readShareGroupStateSummaryRequest>;

export const readShareGroupStateSummaryResponse = message(
  "ReadShareGroupStateSummaryResponse",
  { versions: "0-1", flexible: "0+", key: 87 },
  {
    results: array(
      "0+",
      struct("ReadStateSummaryResult", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionResult", {
            partition: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
            stateEpoch: int32("0+"),
            leaderEpoch: int32("0+"),
            startOffset: int64("0+"),
            deliveryCompleteCount: int32("1+", { default: -1, ignorable: true }),
          }),
        ),
      }),
    ),
  },
);
export type ReadShareGroupStateSummaryResponse = Infer<typeof readShareGroupStateSummaryResponse>;
