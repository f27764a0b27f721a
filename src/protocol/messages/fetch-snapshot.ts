import {
  array,
  int16,
  int32,
  int64,
  message,
  nested,
  records,
  string,
  struct,
  uint16,
  uuid,
  type Infer,
} from "../schema.ts";

export const fetchSnapshotRequest = message(
  "FetchSnapshotRequest",
  { versions: "0-1", flexible: "0+", key: 59 },
  {
    clusterId: string("0+", { nullable: "0+", tagged: "0+", tag: 0, default: null }),
    replicaId: int32("0+", { default: -1 }),
    maxBytes: int32("0+", { default: 2147483647 }),
    topics: array(
      "0+",
      struct("TopicSnapshot", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionSnapshot", {
            partition: int32("0+"),
            currentLeaderEpoch: int32("0+"),
            snapshotId: nested(
              "0+",
              struct("SnapshotId", {
                endOffset: int64("0+"),
                epoch: int32("0+"),
              }),
            ),
            position: int64("0+"),
            replicaDirectoryId: uuid("1+", { tagged: "1+", tag: 0, ignorable: true }),
          }),
        ),
      }),
    ),
  },
);
export type FetchSnapshotRequest = Infer<typeof fetchSnapshotRequest>;

export const fetchSnapshotResponse = message(
  "FetchSnapshotResponse",
  { versions: "0-1", flexible: "0+", key: 59 },
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    errorCode: int16("0+"),
    topics: array(
      "0+",
      struct("TopicSnapshot", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionSnapshot", {
            index: int32("0+"),
            errorCode: int16("0+"),
            snapshotId: nested(
              "0+",
              struct("SnapshotId", {
                endOffset: int64("0+"),
                epoch: int32("0+"),
              }),
            ),
            currentLeader: nested(
              "0+",
              struct("LeaderIdAndEpoch", {
                leaderId: int32("0+"),
                leaderEpoch: int32("0+"),
              }),
              { tagged: "0+", tag: 0 },
            ),
            size: int64("0+"),
            position: int64("0+"),
            unalignedRecords: records("0+"),
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
export type FetchSnapshotResponse = Infer<typeof fetchSnapshotResponse>;
