import { int16, int32, int64, message, type Infer } from "../schema.ts";

export const allocateProducerIdsRequest = message(
  "AllocateProducerIdsRequest",
  { versions: "0", flexible: "0+", key: 67 },
  {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+", { default: -1 }),
  },
);
export type AllocateProducerIdsRequest = Infer<typeof allocateProducerIdsRequest>;

export const allocateProducerIdsResponse = message(
  "AllocateProducerIdsResponse",
  { versions: "0", flexible: "0+", key: 67 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    producerIdStart: int64("0+"),
    producerIdLen: int32("0+"),
  },
);
export type AllocateProducerIdsResponse = Infer<typeof allocateProducerIdsResponse>;
