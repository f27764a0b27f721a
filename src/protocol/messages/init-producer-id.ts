import { bool, int16, int32, int64, message, string, type Infer } from "../schema.ts";

export const initProducerIdRequest = message(
  "InitProducerIdRequest",
  { versions: "0-6", flexible: "2+", key: 22, latestVersionUnstable: true },
  {
    transactionalId: string("0+", { nullable: "0+" }),
    transactionTimeoutMs: int32("0+"),
    producerId: int64("3+", { default: -1 }),
    producerEpoch: int16("3+", { default: -1 }),
    enable2Pc: bool("6+", { default: false }),
    keepPreparedTxn: bool("6+", { default: false }),
  },
);
export type InitProducerIdRequest = Infer<typeof initProducerIdRequest>;

export const initProducerIdResponse = message(
  "InitProducerIdResponse",
  { versions: "0-6", flexible: "2+", key: 22 },
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    errorCode: int16("0+"),
    producerId: int64("0+", { default: -1 }),
    producerEpoch: int16("0+"),
    ongoingTxnProducerId: int64("6+", { default: -1 }),
    ongoingTxnProducerEpoch: int16("6+", { default: -1 }),
  },
);
export type InitProducerIdResponse = Infer<typeof initProducerIdResponse>;
