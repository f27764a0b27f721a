import { array, int32, int64, int8, message, type Infer } from "../schema.ts";

export const brokerRegistrationChangeRecord = message(
  "BrokerRegistrationChangeRecord",
  { versions: "0-3", flexible: "0+", key: 17 },
  {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+"),
    fenced: int8("0+", { tagged: "0+", tag: 0 }),
    inControlledShutdown: int8("1+", { tagged: "1+", tag: 1 }),
    logDirs: array("2+", "uuid", { tagged: "2+", tag: 2 }),
    cordonedLogDirs: array("3+", "uuid", { nullable: "3+", tagged: "3+", tag: 3, default: null }),
  },
);
export type BrokerRegistrationChangeRecord = Infer<typeof brokerRegistrationChangeRecord>;
