import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  nested,
  records,
  string,
  struct,
  uuid,
  type Infer,
} from "../schema.ts";

export const fetchRequest = message(
  "FetchRequest",
  { versions: "4-18", flexible: "12+", key: 1 },
  {
    clusterId: string("12+", { nullable: "12+", tagged: "12+", tag: 0, default: null, ignorable: true }),
    replicaId: int32("0-14", { default: -1 }),
    replicaState: nested(
      "15+",
      struct("ReplicaState", {
        replicaId: int32("15+", { default: -1 }),
        replicaEpoch: int64("15+", { default: -1 }),
      }),
      { tagged: "15+", tag: 1 },
    ),
    maxWaitMs: int32("0+"),
    minBytes: int32("0+"),
    maxBytes: int32("3+", { default: 2147483647, ignorable: true }),
    isolationLevel: int8("4+", { default: 0, ignorable: true }),
    sessionId: int32("7+", { default: 0, ignorable: true }),
    sessionEpoch: int32("7+", { default: -1, ignorable: true }),
    topics: array(
      "0+",
      struct("FetchTopic", {
        topic: string("0-12", { ignorable: true }),
        topicId: uuid("13+", { ignorable: true }),
        partitions: array(
          "0+",
          struct("FetchPartition", {
            partition: int32("0+"),
            currentLeaderEpoch: int32("9+", { default: -1, ignorable: true }),
            fetchOffset: int64("0+"),
            lastFetchedEpoch: int32("12+", { default: -1 }),
            logStartOffset: int64("5+", { default: -1, ignorable: true }),
            partitionMaxBytes: int32("0+"),
            replicaDirectoryId: uuid("17+", { tagged: "17+", tag: 0, ignorable: true }),
            highWatermark: int64("18+", { tagged: "18+", tag: 1, default: 9223372036854775807n, ignorable: true }),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      "7+",
      struct("ForgottenTopic", {
        topic: string("7-12", { ignorable: true }),
        topicId: uuid("13+", { ignorable: true }),
        partitions: array("7+", "int32"),
      }),
    ),
    rackId: string("11+", { default: "", ignorable: true }),
  },
);
export type FetchRequest = Infer<typeof fetchRequest>;

export const fetchResponse = message(
  "FetchResponse",
  { versions: "4-18", flexible: "12+", key: 1 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("7+", { ignorable: true }),
    sessionId: int32("7+", { default: 0 }),
    responses: array(
      "0+",
      struct("FetchableTopicResponse", {
        topic: string("0-12", { ignorable: true }),
        topicId: uuid("13+", { ignorable: true }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            highWatermark: int64("0+"),
            lastStableOffset: int64("4+", { default: -1, ignorable: true }),
            logStartOffset: int64("5+", { default: -1, ignorable: true }),
            divergingEpoch: nested(
              "12+",
              struct("EpochEndOffset", {
                epoch: int32("12+", { default: -1 }),
                endOffset: int64("12+", { default: -1 }),
              }),
              { tagged: "12+", tag: 0 },
            ),
            currentLeader: nested(
              "12+",
              struct("LeaderIdAndEpoch", {
                leaderId: int32("12+", { default: -1 }),
                leaderEpoch: int32("12+", { default: -1 }),
              }),
              { tagged: "12+", tag: 1 },
            ),
            snapshotId: nested(
              "12+",
              struct("SnapshotId", {
                endOffset: int64("0+", { default: -1 }),
                epoch: int32("0+", { default: -1 }),
              }),
              { tagged: "12+", tag: 2 },
            ),
            abortedTransactions: array(
              "4+",
              struct("AbortedTransaction", {
                producerId: int64("4+"),
                firstOffset: int64("4+"),
              }),
              { nullable: "4+", ignorable: true },
            ),
            preferredReadReplica: int32("11+", { default: -1 }),
            records: records("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      "16+",
      struct("NodeEndpoint", {
        nodeId: int32("16+", { mapKey: true }),
        host: string("16+"),
        port: int32("16+"),
        rack: string("16+", { nullable: "16+", default: null }),
      }),
      { tagged: "16+", tag: 0 },
    ),
  },
);
export type FetchResponse = Infer<typeof fetchResponse>;
