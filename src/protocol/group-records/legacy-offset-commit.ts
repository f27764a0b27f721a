import { int32, int64, message, string, type Infer } from "../schema.ts";

export const legacyOffsetCommitKey = message(
  "LegacyOffsetCommitKey",
  { versions: "0", flexible: "none", key: 0 },
  {
    group: string("0"),
    topic: string("0"),
    partition: int32("0"),
  },
);
export type LegacyOffsetCommitKey = Infer<typeof legacyOffsetCommitKey>;

export const legacyOffsetCommitValue = message(
  "LegacyOffsetCommitValue",
  { versions: "0", flexible: "none", key: 0 },
  {
    offset: int64("0"),
    metadata: string("0"),
    commitTimestamp: int64("0"),
  },
);
export type LegacyOffsetCommitValue = Infer<typeof legacyOffsetCommitValue>;
