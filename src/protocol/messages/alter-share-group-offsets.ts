import { array, int16, int32, int64, message, string, struct, uuid, type Infer } from "../schema.ts";

export const alterShareGroupOffsetsRequest = message(
  "AlterShareGroupOffsetsRequest",
  { versions: "0", flexible: "0+", key: 91 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("AlterShareGroupOffsetsRequestTopic", {
        topicName: string("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("AlterShareGroupOffsetsRequestPartition", {
            partitionIndex: int32("0+"),
            startOffset: int64("0+"),
          }),
        ),
      }),
    ),
  },
);
export type AlterShareGroupOffsetsRequest = Infer<typeof alterShareGroupOffsetsRequest>;

export const alterShareGroupOffsetsResponse = message(
  "AlterShareGroupOffsetsResponse",
  { versions: "0", flexible: "0+", key: 91 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    responses: array(
      "0+",
      struct("AlterShareGroupOffsetsResponseTopic", {
        topicName: string("0+", { mapKey: true }),
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("AlterShareGroupOffsetsResponsePartition", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
          }),
        ),
      }),
    ),
  },
);
export type AlterShareGroupOffsetsResponse = Infer<typeof alterShareGroupOffsetsResponse>;
