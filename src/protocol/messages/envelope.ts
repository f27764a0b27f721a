import { bytes, int16, message, type Infer } from "../schema.ts";

export const envelopeRequest = message(
  "EnvelopeRequest",
  { versions: "0", flexible: "0+", key: 58 },
  {
    requestData: bytes("0+"),
    requestPrincipal: bytes("0+", { nullable: "0+" }),
    clientHostAddress: bytes("0+"),
  },
);
export type EnvelopeRequest = Infer<typeof envelopeRequest>;

export const envelopeResponse = message(
  "EnvelopeResponse",
  { versions: "0", flexible: "0+", key: 58 },
  {
    responseData: bytes("0+", { nullable: "0+", default: null }),
    errorCode: int16("0+"),
  },
);
export type EnvelopeResponse = Infer<typeof envelopeResponse>;
