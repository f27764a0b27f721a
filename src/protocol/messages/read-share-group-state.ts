import { array, int16, int32, int64, int8, message, string, struct, uuid, type Infer } from "../schema.ts";

export const readShareGroupStateRequest = message(
  "ReadShareGroupStateRequest",
  { versions: "0", flexible: "0+", key: 84 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("ReadStateData", {
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
export type ReadShareGroupStateRequest = Infer<typeof readShareGroupStateRequest>;

export const readShareGroupStateResponse = message(
  "ReadShareGroupStateResponse",
  { versions: "0", flexible: "0+", key: 84 },
  {
    results: array(
      "0+",
      struct("ReadStateResult", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionResult", {
            partition: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
            stateEpoch: int32("0+"),
            startOffset: int64("0+"),
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
export type ReadShareGroupStateResponse = Infer<typeof readShareGroupStateResponse>;
