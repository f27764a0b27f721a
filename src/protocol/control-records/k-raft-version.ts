import { int16, message, type Infer } from "../schema.ts";

export const kRaftVersionRecord = message(
  "KRaftVersionRecord",
  { versions: "0", flexible: "0+" },
  {
    version: int16("0+"),
    kRaftVersion: int16("0+"),
  },
);
export type KRaftVersionRecord = Infer<typeof kRaftVersionRecord>;
