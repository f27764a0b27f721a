import { int32, int64, message, type Infer } from "../schema.ts";

export const unfenceBrokerRecord = message(
  "UnfenceBrokerRecord",
  { versions: "0", flexible: "0+", key: 8 },
  {
    id: int32("0+"),
    epoch: int64("0+"),
  },
);
export type UnfenceBrokerRecord = Infer<typeof unfenceBrokerRecord>;
