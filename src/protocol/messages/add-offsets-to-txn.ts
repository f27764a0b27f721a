import { int16, int32, int64, message, string, type Infer } from "../schema.ts";

export const addOffsetsToTxnRequest = message(
  "AddOffsetsToTxnRequest",
  { versions: "0-4", flexible: "3+", key: 25 },
  {
    transactionalId: string("0+"),
    producerId: int64("0+"),
    producerEpoch: int16("0+"),
    groupId: string("0+"),
  },
);
export type AddOffsetsToTxnRequest = Infer<typeof addOffsetsToTxnRequest>;

export const addOffsetsToTxnResponse = message(
  "AddOffsetsToTxnResponse",
  { versions: "0-4", flexible: "3+", key: 25 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
  },
);
export type AddOffsetsToTxnResponse = Infer<typeof addOffsetsToTxnResponse>;
