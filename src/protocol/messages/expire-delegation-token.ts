import { bytes, int16, int32, int64, message, type Infer } from "../schema.ts";

export const expireDelegationTokenRequest = message(
  "ExpireDelegationTokenRequest",
  { versions: "1-2", flexible: "2+", key: 40 },
  {
    hmac: bytes("0+"),
    expiryTimePeriodMs: int64("0+"),
  },
);
export type ExpireDelegationTokenRequest = Infer<typeof expireDelegationTokenRequest>;

export const expireDelegationTokenResponse = message(
  "ExpireDelegationTokenResponse",
  { versions: "1-2", flexible: "2+", key: 40 },
  {
    errorCode: int16("0+"),
    expiryTimestampMs: int64("0+"),
    throttleTimeMs: int32("0+"),
  },
);
export type ExpireDelegationTokenResponse = Infer<typeof expireDelegationTokenResponse>;
