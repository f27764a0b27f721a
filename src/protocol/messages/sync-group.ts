import { array, bytes, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const syncGroupRequest = message(
  "SyncGroupRequest",
  { versions: "0-5", flexible: "4+", key: 14 },
  {
    groupId: string("0+"),
    generationId: int32("0+"),
    memberId: string("0+"),
    groupInstanceId: string("3+", { nullable: "3+", default: null }),
    protocolType: string("5+", { nullable: "5+", default: null, ignorable: true }),
    protocolName: string("5+", { nullable: "5+", default: null, ignorable: true }),
    assignments: array(
      "0+",
      struct("SyncGroupRequestAssignment", {
        memberId: string("0+"),
        assignment: bytes("0+"),
      }),
    ),
  },
);
export type SyncGroupRequest = Infer<typeof syncGroupRequest>;

export const syncGroupResponse = message(
  "SyncGroupResponse",
  { versions: "0-5", flexible: "4+", key: 14 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
    protocolType: string("5+", { nullable: "5+", default: null, ignorable: true }),
    protocolName: string("5+", { nullable: "5+", default: null, ignorable: true }),
    assignment: bytes("0+"),
  },
);
export type SyncGroupResponse = Infer<typeof syncGroupResponse>;
