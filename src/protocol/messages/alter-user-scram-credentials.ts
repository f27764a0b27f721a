import { array, bytes, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const alterUserScramCredentialsRequest = message(
  "AlterUserScramCredentialsRequest",
  { versions: "0", flexible: "0+", key: 51 },
  {
    deletions: array(
      "0+",
      struct("ScramCredentialDeletion", {
        name: string("0+"),
        mechanism: int8("0+"),
      }),
    ),
    upsertions: array(
      "0+",
      struct("ScramCredentialUpsertion", {
        name: string("0+"),
        mechanism: int8("0+"),
        iterations: int32("0+"),
        salt: bytes("0+"),
        saltedPassword: bytes("0+"),
      }),
    ),
  },
);
export type AlterUserScramCredentialsRequest = Infer<typeof alterUserScramCredentialsRequest>;

export const alterUserScramCredentialsResponse = message(
  "AlterUserScramCredentialsResponse",
  { versions: "0", flexible: "0+", key: 51 },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("AlterUserScramCredentialsResult", {
        user: string("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+" }),
      }),
    ),
  },
);
export type AlterUserScramCredentialsResponse = Infer<typeof alterUserScramCredentialsResponse>;
