import { array, bool, int16, int32, int64, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const brokerRegistrationRequest = message(
  "BrokerRegistrationRequest",
  { versions: "0-4", flexible: "0+", key: 62 },
  {
    brokerId: int32("0+"),
    clusterId: string("0+"),
    incarnationId: uuid("0+"),
    listeners: array(
      "0+",
      struct("Listener", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      }),
    ),
    features: array(
      "0+",
      struct("Feature", {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
    rack: string("0+", { nullable: "0+" }),
    isMigratingZkBroker: bool("1+", { default: false }),
    logDirs: array("2+", "uuid", { ignorable: true }),
    previousBrokerEpoch: int64("3+", { default: -1, ignorable: true }),
  },
);
export type BrokerRegistrationRequest = Infer<typeof brokerRegistrationRequest>;

export const brokerRegistrationResponse = message(
  "BrokerRegistrationResponse",
  { versions: "0-4", flexible: "0+", key: 62 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    brokerEpoch: int64("0+", { default: -1 }),
  },
);
export type BrokerRegistrationResponse = Infer<typeof brokerRegistrationResponse>;
