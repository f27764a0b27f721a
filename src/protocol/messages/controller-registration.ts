import { array, bool, int16, int32, message, string, struct, uint16, uuid, type Infer } from "../schema.ts";

export const controllerRegistrationRequest = message(
  "ControllerRegistrationRequest",
  { versions: "0", flexible: "0+", key: 70 },
  {
    controllerId: int32("0+"),
    incarnationId: uuid("0+"),
    zkMigrationReady: bool("0+"),
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
  },
);
export type ControllerRegistrationRequest = Infer<typeof controllerRegistrationRequest>;

export const controllerRegistrationResponse = message(
  "ControllerRegistrationResponse",
  { versions: "0", flexible: "0+", key: 70 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
  },
);
export type ControllerRegistrationResponse = Infer<typeof controllerRegistrationResponse>;
