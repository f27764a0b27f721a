import { bytes, int32, int8, message, string, type Infer } from "../schema.ts";

export const userScramCredentialRecord = message(
  "UserScramCredentialRecord",
  { versions: "0", flexible: "0+", key: 11 },
  {
    name: string("0+"),
    mechanism: int8("0+"),
    salt: bytes("0+"),
    storedKey: bytes("0+"),
    serverKey: bytes("0+"),
    iterations: int32("0+"),
  },
);
export type UserScramCredentialRecord = Infer<typeof userScramCredentialRecord>;
