import { array, int16, int32, int64, message, string, struct, uuid, type Infer } from "../schema.ts";

export const describeShareGroupOffsetsRequest = message(
  "DescribeShareGroupOffsetsRequest",
  { versions: "0-1", flexible: "0+", key: 90 },
  {
    groups: array(
      "0+",
      struct("DescribeShareGroupOffsetsRequestGroup", {
        groupId: string("0+"),
        topics: array(
          "0+",
          struct("DescribeShareGroupOffsetsRequestTopic", {
            topicName: string("0+"),
            partitions: array("0+", "int32"),
          }),
          { nullable: "0+" },
        ),
      }),
    ),
  },
);
export type DescribeShareGroupOffsetsRequest = Infer<typeof describeShareGroupOffsetsRequest>;

export const describeShareGroupOffsetsResponse = message(
  "DescribeShareGroupOffsetsResponse",
  { versions: "0-1", flexible: "0+", key: 90 },
  {
    throttleTimeMs: int32("0+"),
    groups: array(
      "0+",
      struct("DescribeShareGroupOffsetsResponseGroup", {
        groupId: string("0+"),
        topics: array(
          "0+",
          struct("DescribeShareGroupOffsetsResponseTopic", {
            topicName: string("0+"),
            topicId: uuid("0+"),
            partitions: array(
              "0+",
              struct("DescribeShareGroupOffsetsResponsePartition", {
                partitionIndex: int32("0+"),
                startOffset: int64("0+"),
                leaderEpoch: int32("0+"),
                lag: int64("1+", { default: -1, ignorable: true }),
                errorCode: int16("0+"),
                errorMessage: string("0+", { nullable: "0+", default: null }),
              }),
            ),
          }),
        ),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+", default: null }),
      }),
    ),
  },
);
export type DescribeShareGroupOffsetsResponse = Infer<typeof describeShareGroupOffsetsResponse>;
