import { array, bool, int16, int32, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const registerControllerRecord = message(
  "RegisterControllerRecord",
  { versions: "0", flexible: "0+", key: 27 },
  {
    controllerId: int32("0+"),
    incarnationId: uuid("0+"),
    zkMigrationReady: bool("0+"),
    endPoints: array(
      "0+",
      struct("ControllerEndpoint", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      }),
    ),
    features: array(
      "0+",
      struct("ControllerFeature", {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
  },
);
export type RegisterControllerRecord = Infer<typeof registerControllerRecord>;
