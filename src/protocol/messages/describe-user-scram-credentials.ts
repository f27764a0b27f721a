import { array, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const describeUserScramCredentialsRequest = message(
  "DescribeUserScramCredentialsRequest",
  { versions: "0", flexible: "0+", key: 50 },
  {
    users: array(
      "0+",
      struct("UserName", {
        name: string("0+"),
      }),
      { nullable: "0+" },
    ),
  },
);
export type DescribeUserScramCredentialsRequest = Infer<typeof describeUserScramCredentialsRequest>;

export const describeUserScramCredentialsResponse = message(
  "DescribeUserScramCredentialsResponse",
  { versions: "0", flexible: "0+", key: 50 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    results: array(
      "0+",
      struct("DescribeUserScramCredentialsResult", {
        user: string("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+" }),
        credentialInfos: array(
          "0+",
          struct("CredentialInfo", {
            mechanism: int8("0+"),
            iterations: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeUserScramCredentialsResponse = Infer<typeof describeUserScramCredentialsResponse>;
