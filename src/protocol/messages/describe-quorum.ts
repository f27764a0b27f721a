import { array, int16, int32, int64, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const describeQuorumRequest = message(
  "DescribeQuorumRequest",
  { versions: "0-2", flexible: "0+", key: 55 },
  {
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeQuorumRequest = Infer<typeof describeQuorumRequest>;

const describeQuorumResponseReplicaState = struct("ReplicaState", {
  replicaId: int32("0+"),
  replicaDirectoryId: uuid("2+"),
  logEndOffset: int64("0+"),
  lastFetchTimestamp: int64("1+", { default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64("1+", { default: -1, ignorable: true }),
});

export const describeQuorumResponse = message(
  "DescribeQuorumResponse",
  { versions: "0-2", flexible: "0+", key: 55 },
  {
    errorCode: int16("0+"),
    errorMessage: string("2+", { nullable: "2+", ignorable: true }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("2+", { nullable: "2+", ignorable: true }),
            leaderId: int32("0+"),
            leaderEpoch: int32("0+"),
            highWatermark: int64("0+"),
            currentVoters: array("0+", describeQuorumResponseReplicaState),
            observers: array("0+", describeQuorumResponseReplicaState),
          }),
        ),
      }),
    ),
    nodes: array(
      "2+",
      struct("Node", {
        nodeId: int32("2+", { mapKey: true }),
        listeners: array(
          "2+",
          struct("Listener", {
            name: string("2+", { mapKey: true }),
            host: string("2+"),
            port: uint16("2+"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeQuorumResponse = Infer<typeof describeQuorumResponse>;
