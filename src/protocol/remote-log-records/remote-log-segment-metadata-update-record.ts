import { bytes, int32, int64, int8, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const remoteLogSegmentMetadataUpdateRecord = message(
  "RemoteLogSegmentMetadataUpdateRecord",
  { versions: "0", flexible: "0+", key: 1 },
  {
    remoteLogSegmentId: nested(
      "0+",
      struct("RemoteLogSegmentIdEntry", {
        topicIdPartition: nested(
          "0+",
          struct("TopicIdPartitionEntry", {
            name: string("0+"),
            id: uuid("0+"),
            partition: int32("0+"),
          }),
        ),
        id: uuid("0+"),
      }),
    ),
    brokerId: int32("0+"),
    eventTimestampMs: int64("0+"),
    customMetadata: bytes("0+", { nullable: "0+", default: null }),
    remoteLogSegmentState: int8("0+"),
  },
);
export type RemoteLogSegmentMetadataUpdateRecord = Infer<typeof remoteLogSegmentMetadataUpdateRecord>;
