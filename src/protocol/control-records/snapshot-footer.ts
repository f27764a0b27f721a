import { int16, message, type Infer } from "../schema.ts";

export const snapshotFooterRecord = message(
  "SnapshotFooterRecord",
  { versions: "0", flexible: "0+" },
  {
    version: int16("0+"),
  },
);
export type SnapshotFooterRecord = Infer<typeof snapshotFooterRecord>;
