import { int8, message, string, type Infer } from "../schema.ts";

export const removeUserScramCredentialRecord = message(
  "RemoveUserScramCredentialRecord",
  { versions: "0", flexible: "0+", key: 22 },
  {
    name: string("0+"),
    mechanism: int8("0+"),
  },
);
export type RemoveUserScramCredentialRecord = Infer<typeof removeUserScramCredentialRecord>;
