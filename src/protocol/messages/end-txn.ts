import { bool, int16, int32, int64, message, string, type Infer } from "../schema.ts";

export const endTxnRequest = message(
  "EndTxnRequest",
  { versions: "0-5", flexible: "3+", key: 26 },
  {
    transactionalId: string("0+"),
    producerId: int64("0+"),
    producerEpoch: int16("0+"),
    committed: bool("0+"),
  },
);
export type EndTxnRequest = Infer<typeof endTxnRequest>;

export const endTxnResponse = message(
  "EndTxnResponse",
  { versions: "0-5", flexible: "3+", key: 26 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    producerId: int64("5+", { default: -1, ignorable: true }),
    producerEpoch: int16("5+", { default: -1, ignorable: true }),
  },
);
export type EndTxnResponse = Infer<typeof endTxnResponse>;
