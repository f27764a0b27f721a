import { type GroupTurn } from "../group-state.ts";
import { removeMembers } from "./fence.ts";
import { type ConsumerHeartbeat, type ConsumerHeartbeatResponse } from "./heartbeat.ts";
import { nothingOwned, pausingEpoch, type ConsumerMember, type OwnedPartitions } from "./member.ts";
import { notFound, staticProblem, unknownMember } from "./refusal.ts";
import { writeCurrent } from "./write.ts";

/** A member leaves, or (a static one, with epoch -2) is away until it comes back or its session is over. */
export function leaveConsumerGroup(turn: GroupTurn, request: ConsumerHeartbeat): ConsumerHeartbeatResponse {
  const { groupId, memberId, instanceId, memberEpoch } = request;
  const group = turn.state.groups.get(groupId);
  if (group === undefined) return notFound(`Group ${groupId} not found.`);
  if (group.type !== "consumer") return notFound(`Group ${groupId} is not a consumer group.`);
  if (instanceId === null) {
    const member = group.members.get(memberId);
    if (member === undefined) return unknownMember(`Member ${memberId} is not a member of group ${groupId}.`);
    turn.note("info", "member has left the consumer group", { groupId, memberId });
    removeMembers(turn, group, [member]);
    return { memberId, memberEpoch };
  }
  const member = group.staticMember(instanceId);
  const problem = staticProblem(member, memberId, instanceId);
  if (member === undefined || problem !== undefined) return problem ?? {};
  turn.note("info", "static member has left the consumer group", { groupId, memberId, instanceId, memberEpoch });
  if (memberEpoch === pausingEpoch) writeCurrent(turn, groupId, paused(member));
  else removeMembers(turn, group, [member]);
  return { memberId, memberEpoch };
}

/** What the member has is kept for it. Under another id it will not know in which epochs it got that. */
function paused(member: ConsumerMember): ConsumerMember {
  return { ...member, epoch: pausingEpoch, assigned: withoutEpochs(member.assigned), pendingRevocation: nothingOwned };
}

function withoutEpochs(owned: OwnedPartitions): OwnedPartitions {
  return new Map(
    [...owned].map(([topicId, partitions]) => [topicId, new Map([...partitions.keys()].map((each) => [each, 0]))]),
  );
}
