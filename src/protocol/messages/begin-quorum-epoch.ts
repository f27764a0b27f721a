import { array, int16, int32, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const beginQuorumEpochRequest = message(
  "BeginQuorumEpochRequest",
  { versions: "0-1", flexible: "1+", key: 53 },
  {
    clusterId: string("0+", { nullable: "0+", default: null }),
    voterId: int32("1+", { default: -1, ignorable: true }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            voterDirectoryId: uuid("1+", { ignorable: true }),
            leaderId: int32("0+"),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
    leaderEndpoints: array(
      "1+",
      struct("LeaderEndpoint", {
        name: string("1+", { mapKey: true }),
        host: string("1+"),
        port: uint16("1+"),
      }),
      { ignorable: true },
    ),
  },
);
export type BeginQuorumEpochRequest = Infer<typeof beginQuorumEpochRequest>;

export const beginQuorumEpochResponse = message(
  "BeginQuorumEpochResponse",
  { versions: "0-1", flexible: "1+", key: 53 },
  {
    errorCode: int16("0+"),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            leaderId: int32("0+"),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      "1+",
      struct("NodeEndpoint", {
        nodeId: int32("1+", { mapKey: true }),
        host: string("1+"),
        port: uint16("1+"),
      }),
      { tagged: "1+", tag: 0 },
    ),
  },
);
export type BeginQuorumEpochResponse = Infer<typeof beginQuorumEpochResponse>;
