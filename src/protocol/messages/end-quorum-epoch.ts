import { array, int16, int32, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const endQuorumEpochRequest = message(
  "EndQuorumEpochRequest",
  { versions: "0-1", flexible: "1+", key: 54 },
  {
    clusterId: string("0+", { nullable: "0+", default: null }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            leaderId: int32("0+"),
            leaderEpoch: int32("0+"),
            preferredSuccessors: array("0", "int32", { ignorable: true }),
            preferredCandidates: array(
              "1+",
              struct("ReplicaInfo", {
                candidateId: int32("1+"),
                candidateDirectoryId: uuid("1+"),
              }),
              { ignorable: true },
            ),
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
export type EndQuorumEpochRequest = Infer<typeof endQuorumEpochRequest>;

export const endQuorumEpochResponse = message(
  "EndQuorumEpochResponse",
  { versions: "0-1", flexible: "1+", key: 54 },
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
export type EndQuorumEpochResponse = Infer<typeof endQuorumEpochResponse>;
