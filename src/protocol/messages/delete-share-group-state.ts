import { array, int16, int32, message, string, struct, uuid, type Infer } from "../schema.ts";

export const deleteShareGroupStateRequest = message(
  "DeleteShareGroupStateRequest",
  { versions: "0", flexible: "0+", key: 86 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("DeleteStateData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partition: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DeleteShareGroupStateRequest = Infer<typeof deleteShareGroupStateRequest>;

export const deleteShareGroupStateResponse = message(
  "DeleteShareGroupStateResponse",
  { versions: "0", flexible: "0+", key: 86 },
  {
    results: array(
      "0+",
      struct("DeleteStateResult", {
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
export type DeleteShareGroupStateResponse = Infer<typeof deleteShareGroupStateResponse>;
