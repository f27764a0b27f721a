import { int16, int32, message, string, type Infer } from "./schema.ts";

export const requestHeader = message(
  "RequestHeader",
  { versions: "1-2", flexible: "2+" },
  {
    requestApiKey: int16("0+"),
    requestApiVersion: int16("0+"),
    correlationId: int32("0+"),
    clientId: string("1+", { nullable: "1+", flexible: "none" }),
  },
);
export type RequestHeader = Infer<typeof requestHeader>;

export const responseHeader = message(
  "ResponseHeader",
  { versions: "0-1", flexible: "1+" },
  {
    correlationId: int32("0+"),
  },
);
export type ResponseHeader = Infer<typeof responseHeader>;
