import { int32, int64, message, type Infer } from "../schema.ts";

export const unregisterBrokerRecord = message(
  "UnregisterBrokerRecord",
  { versions: "0", flexible: "0+", key: 1 },
  {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+"),
  },
);
export type UnregisterBrokerRecord = Infer<typeof unregisterBrokerRecord>;
