import { type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type SyncResponse } from "../classic-member.ts";
import { consumerProtocolType } from "../consumer-subscription.ts";
import { type GroupTurn } from "../group-state.ts";
import { classicAssignment } from "./classic-assignment.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { removeMembers } from "./fence.ts";
import { type ClassicSide, type ConsumerMember } from "./member.ts";
import { awaitClassicJoin, renewConsumerSession, stopAwaitingClassicSync } from "./timers.ts";

/* What members of the classic protocol ask a consumer group, once they have joined. */

type ClassicConsumerMember = ConsumerMember & { readonly classic: ClassicSide };

/** The member that a request names; an error code when it is none of the classic ones. */
function classicMember(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationId }: ApiRequest<"heartbeat">,
): ClassicConsumerMember | ErrorCode {
  const member = groupInstanceId === null ? group.members.get(memberId) : group.staticMember(groupInstanceId);
  if (member === undefined) return Errors.UNKNOWN_MEMBER_ID;
  if (member.memberId !== memberId) return Errors.FENCED_INSTANCE_ID;
  if (member.classic === null) return Errors.UNKNOWN_MEMBER_ID;
  return member.epoch === generationId ? { ...member, classic: member.classic } : Errors.ILLEGAL_GENERATION;
}

/** The member's assignment is there already, unless a new one makes it join again. */
export function syncWithConsumerGroup(
  turn: GroupTurn,
  group: ConsumerGroup,
  request: ApiRequest<"syncGroup">,
): SyncResponse {
  const { groupId } = group;
  const { protocolType, protocolName } = request;
  const member = classicMember(group, request);
  if (typeof member === "number") return { errorCode: member };
  const protocol = member.classic.supportedProtocols[0]!;
  const isOtherType = protocolType !== null && protocolType !== consumerProtocolType;
  if (isOtherType || (protocolName !== null && protocolName !== protocol.name)) {
    return { errorCode: Errors.INCONSISTENT_GROUP_PROTOCOL };
  }
  // One that is to give partitions up has joined again already.
  if (group.target.get().epoch > member.epoch && member.state !== "unrevoked") {
    awaitClassicJoin(turn, groupId, member);
    return { errorCode: Errors.REBALANCE_IN_PROGRESS };
  }
  stopAwaitingClassicSync(turn, groupId, member.memberId);
  renewConsumerSession(turn, groupId, member);
  const partitions = new Map([...member.assigned].map(([topicId, owned]) => [topicId, [...owned.keys()]]));
  const assignment = classicAssignment(partitions, protocol.metadata, turn.state.metadata);
  return { protocolType, protocolName, assignment };
}

export function heartbeatOfClassicMember(
  turn: GroupTurn,
  group: ConsumerGroup,
  request: ApiRequest<"heartbeat">,
): ErrorCode {
  const member = classicMember(group, request);
  if (typeof member === "number") return member;
  renewConsumerSession(turn, group.groupId, member);
  const isBehind =
    member.epoch < group.target.get().epoch ||
    member.state === "unrevoked" ||
    (member.state === "unreleased" && !isWaiting(group, member));
  if (!isBehind) return Errors.NONE;
  awaitClassicJoin(turn, group.groupId, member);
  return Errors.REBALANCE_IN_PROGRESS;
}

/** Whether somebody still has a partition that the member is to get. */
function isWaiting(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(memberId)) {
    const ofTopic = assigned.get(topicId);
    if (partitions.some((each) => ofTopic?.has(each) !== true && group.isOwned(topicId, each))) return true;
  }
  return false;
}

/** Members leave, or an administrator takes them out: one by one their answers. Those of the new protocol may be named, too. */
export function leaveFromConsumerGroup(
  turn: GroupTurn,
  group: ConsumerGroup,
  { members }: Pick<ApiRequest<"leaveGroup">, "members">,
): Draft<ApiResponse<"leaveGroup">> {
  const leaving = new Map<string, ConsumerMember>();
  const answers = members.map(({ memberId, groupInstanceId, reason }) => {
    const member = groupInstanceId === null ? group.members.get(memberId) : group.staticMember(groupInstanceId);
    let errorCode: ErrorCode = Errors.NONE;
    if (member === undefined) errorCode = Errors.UNKNOWN_MEMBER_ID;
    else if (groupInstanceId !== null && memberId !== "" && member.memberId !== memberId) {
      errorCode = Errors.FENCED_INSTANCE_ID;
    } else {
      leaving.set(member.memberId, member);
      const fields = { groupId: group.groupId, memberId: member.memberId, reason: reason ?? "not provided" };
      turn.note("info", "member has left", fields);
    }
    return { memberId, groupInstanceId, errorCode };
  });
  removeMembers(turn, group, [...leaving.values()]);
  return { members: answers };
}
