import { int16, int32, message, string, type Infer } from "../schema.ts";

export const unregisterBrokerRequest = message(
  "UnregisterBrokerRequest",
  { versions: "0", flexible: "0+", key: 64 },
  {
    brokerId: int32("0+"),
  },
);
export type UnregisterBrokerRequest = Infer<typeof unregisterBrokerRequest>;

export const unregisterBrokerResponse = message(
  "UnregisterBrokerResponse",
  { versions: "0", flexible: "0+", key: 64 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
  },
);
export type UnregisterBrokerResponse = Infer<typeof unregisterBrokerResponse>;
