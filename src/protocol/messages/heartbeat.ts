import { int16, int32, message, string, type Infer } from "../schema.ts";

export const heartbeatRequest = message(
  "HeartbeatRequest",
  { versions: "0-4", flexible: "4+", key: 12 },
  {
    groupId: string("0+"),
    generationId: int32("0+"),
    memberId: string("0+"),
    groupInstanceId: string("3+", { nullable: "3+", default: null }),
  },
);
export type HeartbeatRequest = Infer<typeof heartbeatRequest>;

export const heartbeatResponse = message(
  "HeartbeatResponse",
  { versions: "0-4", flexible: "4+", key: 12 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
  },
);
export type HeartbeatResponse = Infer<typeof heartbeatResponse>;
