import { array, int16, message, string, type Infer } from "../schema.ts";

export const saslHandshakeRequest = message(
  "SaslHandshakeRequest",
  { versions: "0-1", flexible: "none", key: 17 },
  {
    mechanism: string("0+"),
  },
);
export type SaslHandshakeRequest = Infer<typeof saslHandshakeRequest>;

export const saslHandshakeResponse = message(
  "SaslHandshakeResponse",
  { versions: "0-1", flexible: "none", key: 17 },
  {
    errorCode: int16("0+"),
    mechanisms: array("0+", "string"),
  },
);
export type SaslHandshakeResponse = Infer<typeof saslHandshakeResponse>;
