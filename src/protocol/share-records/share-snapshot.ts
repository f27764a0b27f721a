import { array, int16, int32, int64, int8, message, string, struct, uuid, type Infer } from "../schema.ts";

export const shareSnapshotKey = message(
  "ShareSnapshotKey",
  { versions: "0", flexible: "none", key: 0 },
  {
    groupId: string("0"),
    topicId: uuid("0"),
    partition: int32("0"),
  },
);
export type ShareSnapshotKey = Infer<typeof shareSnapshotKey>;

export const shareSnapshotValue = message(
  "ShareSnapshotValue",
  { versions: "0", flexible: "0+", key: 0 },
  {
    snapshotEpoch: int32("0+"),
    stateEpoch: int32("0+"),
    leaderEpoch: int32("0+"),
    startOffset: int64("0+"),
    deliveryCompleteCount: int32("0+", { tagged: "0+", tag: 0, default: -1 }),
    createTimestamp: int64("0+"),
    writeTimestamp: int64("0+"),
    stateBatches: array(
      "0+",
      struct("StateBatch", {
        firstOffset: int64("0+"),
        lastOffset: int64("0+"),
        deliveryState: int8("0+"),
        deliveryCount: int16("0+"),
      }),
    ),
  },
);
export type ShareSnapshotValue = Infer<typeof shareSnapshotValue>;
