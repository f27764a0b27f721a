import { array, bool, bytes, int32, int64, int8, message, struct, uuid, type Infer } from "../schema.ts";

export const remoteLogSegmentMetadataSnapshotRecord = message(
  "RemoteLogSegmentMetadataSnapshotRecord",
  { versions: "0", flexible: "0+", key: 3 },
  {
    segmentId: uuid("0+"),
    startOffset: int64("0+"),
    endOffset: int64("0+"),
    brokerId: int32("0+"),
    maxTimestampMs: int64("0+"),
    eventTimestampMs: int64("0+"),
    segmentLeaderEpochs: array(
      "0+",
      struct("SegmentLeaderEpochEntry", {
        leaderEpoch: int32("0+"),
        offset: int64("0+"),
      }),
    ),
    segmentSizeInBytes: int32("0+"),
    customMetadata: bytes("0+", { nullable: "0+", default: null }),
    remoteLogSegmentState: int8("0+"),
    txnIndexEmpty: bool("0+", { tagged: "0+", tag: 0 }),
  },
);
export type RemoteLogSegmentMetadataSnapshotRecord = Infer<typeof remoteLogSegmentMetadataSnapshotRecord>;
