import { message, string, type Infer } from "../schema.ts";

export const removeDelegationTokenRecord = message(
  "RemoveDelegationTokenRecord",
  { versions: "0", flexible: "0+", key: 26 },
  {
    tokenId: string("0+"),
  },
);
export type RemoveDelegationTokenRecord = Infer<typeof removeDelegationTokenRecord>;
