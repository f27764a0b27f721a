import { int32, int64, message, string, uuid, type Infer } from "../schema.ts";

export const offsetCommitKey = message(
  "OffsetCommitKey",
  { versions: "0", flexible: "none", key: 1 },
  {
    group: string("0"),
    topic: string("0"),
    partition: int32("0"),
  },
);
export type OffsetCommitKey = Infer<typeof offsetCommitKey>;

export const offsetCommitValue = message(
  "OffsetCommitValue",
  { versions: "0-4", flexible: "4+", key: 1 },
  {
    offset: int64("0+"),
    leaderEpoch: int32("3+", { default: -1, ignorable: true }),
    metadata: string("0+"),
    commitTimestamp: int64("0+"),
    expireTimestamp: int64("1", { default: -1, ignorable: true }),
    topicId: uuid("4+", { tagged: "4+", tag: 0, ignorable: true }),
  },
);
export type OffsetCommitValue = Infer<typeof offsetCommitValue>;
