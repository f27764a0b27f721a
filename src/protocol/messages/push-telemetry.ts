import { bool, bytes, int16, int32, int8, message, uuid, type Infer } from "../schema.ts";

export const pushTelemetryRequest = message(
  "PushTelemetryRequest",
  { versions: "0", flexible: "0+", key: 72 },
  {
    clientInstanceId: uuid("0+"),
    subscriptionId: int32("0+"),
    terminating: bool("0+"),
    compressionType: int8("0+"),
    metrics: bytes("0+"),
  },
);
export type PushTelemetryRequest = Infer<typeof pushTelemetryRequest>;

export const pushTelemetryResponse = message(
  "PushTelemetryResponse",
  { versions: "0", flexible: "0+", key: 72 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
  },
);
export type PushTelemetryResponse = Infer<typeof pushTelemetryResponse>;
