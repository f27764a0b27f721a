import { int32, int64, message, type Infer } from "../schema.ts";

export const fenceBrokerRecord = message(
  "FenceBrokerRecord",
  { versions: "0", flexible: "0+", key: 7 },
  {
    id: int32("0+"),
    epoch: int64("0+"),
  },
);
export type FenceBrokerRecord = Infer<typeof fenceBrokerRecord>;
