import { array, bool, int16, int32, int64, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const voteRequest = message(
  "VoteRequest",
  { versions: "0-2", flexible: "0+", key: 52 },
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
            replicaEpoch: int32("0+"),
            replicaId: int32("0+"),
            replicaDirectoryId: uuid("1+", { ignorable: true }),
            voterDirectoryId: uuid("1+", { ignorable: true }),
            lastOffsetEpoch: int32("0+"),
            lastOffset: int64("0+"),
            preVote: bool("2+"),
          }),
        ),
      }),
    ),
  },
);
export type VoteRequest = Infer<typeof voteRequest>;

export const voteResponse = message(
  "VoteResponse",
  { versions: "0-2", flexible: "0+", key: 52 },
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
            voteGranted: bool("0+"),
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
export type VoteResponse = Infer<typeof voteResponse>;
