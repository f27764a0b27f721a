import { int16, int64, message, type Infer } from "../schema.ts";

export const snapshotHeaderRecord = message(
  "SnapshotHeaderRecord",
  { versions: "0", flexible: "0+" },
  {
    version: int16("0+"),
    lastContainedLogTimestamp: int64("0+"),
  },
);
export type SnapshotHeaderRecord = Infer<typeof snapshotHeaderRecord>;
