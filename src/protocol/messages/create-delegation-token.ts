import { array, bytes, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const createDelegationTokenRequest = message(
  "CreateDelegationTokenRequest",
  { versions: "1-3", flexible: "2+", key: 38 },
  {
    ownerPrincipalType: string("3+", { nullable: "3+" }),
    ownerPrincipalName: string("3+", { nullable: "3+" }),
    renewers: array(
      "0+",
      struct("CreatableRenewers", {
        principalType: string("0+"),
        principalName: string("0+"),
      }),
    ),
    maxLifetimeMs: int64("0+"),
  },
);
export type CreateDelegationTokenRequest = Infer<typeof createDelegationTokenRequest>;

export const createDelegationTokenResponse = message(
  "CreateDelegationTokenResponse",
  { versions: "1-3", flexible: "2+", key: 38 },
  {
    errorCode: int16("0+"),
    principalType: string("0+"),
    principalName: string("0+"),
    tokenRequesterPrincipalType: string("3+"),
    tokenRequesterPrincipalName: string("3+"),
    issueTimestampMs: int64("0+"),
    expiryTimestampMs: int64("0+"),
    maxTimestampMs: int64("0+"),
    tokenId: string("0+"),
    hmac: bytes("0+"),
    throttleTimeMs: int32("0+"),
  },
);
export type CreateDelegationTokenResponse = Infer<typeof createDelegationTokenResponse>;
