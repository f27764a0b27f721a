import { array, int64, message, string, type Infer } from "../schema.ts";

export const delegationTokenRecord = message(
  "DelegationTokenRecord",
  { versions: "0", flexible: "0+", key: 10 },
  {
    owner: string("0+"),
    requester: string("0+"),
    renewers: array("0+", "string"),
    issueTimestamp: int64("0+"),
    maxTimestamp: int64("0+"),
    expirationTimestamp: int64("0+"),
    tokenId: string("0+"),
  },
);
export type DelegationTokenRecord = Infer<typeof delegationTokenRecord>;
