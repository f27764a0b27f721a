import { array, bytes, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const describeDelegationTokenRequest = message(
  "DescribeDelegationTokenRequest",
  { versions: "1-3", flexible: "2+", key: 41 },
  {
    owners: array(
      "0+",
      struct("DescribeDelegationTokenOwner", {
        principalType: string("0+"),
        principalName: string("0+"),
      }),
      { nullable: "0+" },
    ),
  },
);
export type DescribeDelegationTokenRequest = Infer<typeof describeDelegationTokenRequest>;

export const describeDelegationTokenResponse = message(
  "DescribeDelegationTokenResponse",
  { versions: "1-3", flexible: "2+", key: 41 },
  {
    errorCode: int16("0+"),
    tokens: array(
      "0+",
      struct("DescribedDelegationToken", {
        principalType: string("0+"),
        principalName: string("0+"),
        tokenRequesterPrincipalType: string("3+"),
        tokenRequesterPrincipalName: string("3+"),
        issueTimestamp: int64("0+"),
        expiryTimestamp: int64("0+"),
        maxTimestamp: int64("0+"),
        tokenId: string("0+"),
        hmac: bytes("0+"),
        renewers: array(
          "0+",
          struct("DescribedDelegationTokenRenewer", {
            principalType: string("0+"),
            principalName: string("0+"),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32("0+"),
  },
);
export type DescribeDelegationTokenResponse = Infer<typeof describeDelegationTokenResponse>;
