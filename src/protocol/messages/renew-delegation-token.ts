import { bytes, int16, int32, int64, message, type Infer } from "../schema.ts";

export const renewDelegationTokenRequest = message(
  "RenewDelegationTokenRequest",
  { versions: "1-2", flexible: "2+", key: 39 },
  {
    hmac: bytes("0+"),
    renewPeriodMs: int64("0+"),
  },
);
export type RenewDelegationTokenRequest = Infer<typeof renewDelegationTokenRequest>;

export const renewDelegationTokenResponse = message(
  "RenewDelegationTokenResponse",
  { versions: "1-2", flexible: "2+", key: 39 },
  {
    errorCode: int16("0+"),
    expiryTimestampMs: int64("0+"),
    throttleTimeMs: int32("0+"),
  },
);
export type RenewDelegationTokenResponse = Infer<typeof renewDelegationTokenResponse>;
