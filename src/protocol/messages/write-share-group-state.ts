import { array, int16, int32, int64, int8, message, string, struct, uuid, type Infer } from "../schema.ts";

export const writeShareGroupStateRequest = message(
  "WriteShareGroupStateRequest",
  { versions: "0-1", flexible: "0+", key: 85 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("WriteStateData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partition: int32("0+"),
            stateEpoch: int32("0+"),
            leaderEpoch: int32("0+"),
            startOffset: int64("0+"),
            deliveryCompleteCount: int32("1+", { default: -1, ignorable: true }),
            stateBatches: array(
              "0+",
              struct("StateBatch", {
                firstOffset: int64("0+"),
                lastOffset: int64("0+"),
                deliveryState: int8("0+"),
                deliveryCount: int16("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type WriteShareGroupStateRequest = Infer<typeof writeShareGroupStateRequest>;

export const writeShareGroupStateResponse = message(
  "WriteShareGroupStateResponse",
  { versions: "0-1", flexible: "0+", key: 85 },
  {
    results: array(
      "0+",
      struct("WriteStateResult", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionResult", {
            partition: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
          }),
        ),
      }),
    ),
  },
);
export type WriteShareGroupStateResponse = Infer<typeof writeShareGroupStateResponse>;
