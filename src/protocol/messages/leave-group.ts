import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const leaveGroupRequest = message(
  "LeaveGroupRequest",
  { versions: "0-5", flexible: "4+", key: 13 },
  {
    groupId: string("0+"),
    memberId: string("0-2"),
    members: array(
      "3+",
      struct("MemberIdentity", {
        memberId: string("3+"),
        groupInstanceId: string("3+", { nullable: "3+", default: null }),
        reason: string("5+", { nullable: "5+", default: null, ignorable: true }),
      }),
    ),
  },
);
export type LeaveGroupRequest = Infer<typeof leaveGroupRequest>;

export const leaveGroupResponse = message(
  "LeaveGroupResponse",
  { versions: "0-5", flexible: "4+", key: 13 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
    members: array(
      "3+",
      struct("MemberResponse", {
        memberId: string("3+"),
        groupInstanceId: string("3+", { nullable: "3+" }),
        errorCode: int16("3+"),
      }),
    ),
  },
);
export type LeaveGroupResponse = Infer<typeof leaveGroupResponse>;
