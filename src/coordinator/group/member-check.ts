import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type ClassicGroupView } from "./classic-group.ts";

/** Why a request that names this member is refused; undefined when it is the member. */
export function memberProblem(
  group: ClassicGroupView,
  memberId: string,
  groupInstanceId: string | null,
): ErrorCode | undefined {
  if (groupInstanceId !== null) {
    const holder = group.staticMembers.get(groupInstanceId);
    if (holder === undefined) return Errors.UNKNOWN_MEMBER_ID;
    // Another process has taken over the instance: this one must stop.
    if (holder !== memberId) return Errors.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? undefined : Errors.UNKNOWN_MEMBER_ID;
}
