import { array, int16, int32, int64, message, string, struct, uuid, type Infer } from "../schema.ts";

export const initializeShareGroupStateRequest = message(
  "InitializeShareGroupStateRequest",
  { versions: "0", flexible: "0+", key: 83 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("InitializeStateData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partition: int32("0+"),
            stateEpoch: int32("0+"),
            startOffset: int64("0+"),
          }),
        ),
      }),
    ),
  },
);
export type InitializeShareGroupStateRequest = Infer<typeof initializeShareGroupStateRequest>;

export const initializeShareGroupStateResponse = message(
  "InitializeShareGroupStateResponse",
  { versions: "0", flexible: "0+", key: 83 },
  {
    results: array(
      "0+",
      struct("InitializeStateResult", {
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
export type InitializeShareGroupStateResponse = Infer<typeof initializeShareGroupStateResponse>;
