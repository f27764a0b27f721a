import { int32, int64, int8, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const remotePartitionDeleteMetadataRecord = message(
  "RemotePartitionDeleteMetadataRecord",
  { versions: "0", flexible: "0+", key: 2 },
  {
    topicIdPartition: nested(
      "0+",
      struct("TopicIdPartitionEntry", {
        name: string("0+"),
        id: uuid("0+"),
        partition: int32("0+"),
      }),
    ),
    brokerId: int32("0+"),
    eventTimestampMs: int64("0+"),
    remotePartitionDeleteState: int8("0+"),
  },
);
export type RemotePartitionDeleteMetadataRecord = Infer<typeof remotePartitionDeleteMetadataRecord>;
