import { array, bool, int16, int32, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const describeTopicPartitionsRequest = message(
  "DescribeTopicPartitionsRequest",
  { versions: "0", flexible: "0+", key: 75 },
  {
    topics: array(
      "0+",
      struct("TopicRequest", {
        name: string("0+"),
      }),
    ),
    responsePartitionLimit: int32("0+", { default: 2000 }),
    cursor: nested(
      "0+",
      struct("Cursor", {
        topicName: string("0+"),
        partitionIndex: int32("0+"),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type DescribeTopicPartitionsRequest = Infer<typeof describeTopicPartitionsRequest>;

export const describeTopicPartitionsResponse = message(
  "DescribeTopicPartitionsResponse",
  { versions: "0", flexible: "0+", key: 75 },
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    topics: array(
      "0+",
      struct("DescribeTopicPartitionsResponseTopic", {
        errorCode: int16("0+"),
        name: string("0+", { nullable: "0+", mapKey: true }),
        topicId: uuid("0+", { ignorable: true }),
        isInternal: bool("0+", { default: false, ignorable: true }),
        partitions: array(
          "0+",
          struct("DescribeTopicPartitionsResponsePartition", {
            errorCode: int16("0+"),
            partitionIndex: int32("0+"),
            leaderId: int32("0+"),
            leaderEpoch: int32("0+", { default: -1, ignorable: true }),
            replicaNodes: array("0+", "int32"),
            isrNodes: array("0+", "int32"),
            eligibleLeaderReplicas: array("0+", "int32", { nullable: "0+", default: null }),
            lastKnownElr: array("0+", "int32", { nullable: "0+", default: null }),
            offlineReplicas: array("0+", "int32", { ignorable: true }),
          }),
        ),
        topicAuthorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
    nextCursor: nested(
      "0+",
      struct("Cursor", {
        topicName: string("0+"),
        partitionIndex: int32("0+"),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type DescribeTopicPartitionsResponse = Infer<typeof describeTopicPartitionsResponse>;
