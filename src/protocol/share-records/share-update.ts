import { array, int16, int32, int64, int8, message, string, struct, uuid, type Infer } from "../schema.ts";

export const shareUpdateKey = message(
  "ShareUpdateKey",
  { versions: "0", flexible: "none", key: 1 },
  {
    groupId: string("0"),
    topicId: uuid("0"),
    partition: int32("0"),
  },
);
export type ShareUpdateKey = Infer<typeof shareUpdateKey>;

export const shareUpdateValue = message(
  "ShareUpdateValue",
  { versions: "0", flexible: "0+", key: 1 },
  {
    snapshotEpoch: int32("0+"),
    leaderEpoch: int32("0+"),
    startOffset: int64("0+"),
    deliveryCompleteCount: int32("0+", { tagged: "0+", tag: 0, default: -1 }),
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
export type ShareUpdateValue = Infer<typeof shareUpdateValue>;
