import { bytes, int16, int64, message, string, type Infer } from "../schema.ts";

export const saslAuthenticateRequest = message(
  "SaslAuthenticateRequest",
  { versions: "0-2", flexible: "2+", key: 36 },
  {
    authBytes: bytes("0+"),
  },
);
export type SaslAuthenticateRequest = Infer<typeof saslAuthenticateRequest>;

export const saslAuthenticateResponse = message(
  "SaslAuthenticateResponse",
  { versions: "0-2", flexible: "2+", key: 36 },
  {
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    authBytes: bytes("0+"),
    sessionLifetimeMs: int64("1+", { default: 0, ignorable: true }),
  },
);
export type SaslAuthenticateResponse = Infer<typeof saslAuthenticateResponse>;
