import { int32, int64, message, type Infer } from "../schema.ts";

export const producerIdsRecord = message(
  "ProducerIdsRecord",
  { versions: "0", flexible: "0+", key: 15 },
  {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+", { default: -1 }),
    nextProducerId: int64("0+"),
  },
);
export type ProducerIdsRecord = Infer<typeof producerIdsRecord>;
