import { Errors } from "../../../protocol/errors.ts";
import { type ClassicMember, protocolsOf } from "../classic-member.ts";
import { consumerProtocolType } from "../consumer-subscription.ts";
import { type GroupTurn } from "../group-state.ts";
import { refuse, type Joining } from "../joining.ts";
import { advance, advanceMember, updateSubscription } from "./advance.ts";
import { classicSubscription, ownedBy } from "./classic-assignment.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { canDowngradeReplacing, downgrade, holdsTargetsAlone } from "./downgrade.ts";
import { replaceStaticMember } from "./enter.ts";
import { newMember, sameNames, sortedNames, type ConsumerMember } from "./member.ts";
import { staticProblem } from "./refusal.ts";
import { awaitClassicSync, renewConsumerSession } from "./timers.ts";

const noMemberId = "";

/** A member of the classic protocol joins a consumer group with members. It is answered at once: nobody is waited for. */
export function joinConsumerGroup(turn: GroupTurn, group: ConsumerGroup, joining: Joining): void {
  const { request, caller, ticket } = joining;
  const { groupId, groupInstanceId } = request;
  const isUnknown = request.memberId === noMemberId;
  const memberId = isUnknown
    ? Buffer.from(caller.newMemberIdSuffix.replaceAll("-", ""), "hex").toString("base64url")
    : request.memberId;
  if (group.members.size >= turn.state.config.consumerGroupSizeMax && !group.members.has(memberId)) {
    return refuse(turn, joining, Errors.GROUP_MAX_SIZE_REACHED, noMemberId);
  }
  if (!supportsProtocols(group, request)) {
    return refuse(turn, joining, Errors.INCONSISTENT_GROUP_PROTOCOL, noMemberId);
  }
  if (isUnknown && groupInstanceId === null && caller.apiVersion >= 4) {
    turn.note("info", "member id handed out in a consumer group", { groupId, memberId });
    return turn.reply(ticket, { errorCode: Errors.MEMBER_ID_REQUIRED, memberId });
  }
  const holder = group.staticMember(groupInstanceId);
  if (groupInstanceId !== null && !isUnknown) {
    const problem = staticProblem(holder, memberId, groupInstanceId);
    if (problem !== undefined) return refuse(turn, joining, problem.errorCode, noMemberId);
  }
  const protocol = request.protocols[0]!;
  const subscription = classicSubscription(protocol.metadata);
  if (subscription === undefined) return refuse(turn, joining, Errors.UNKNOWN_SERVER_ERROR, noMemberId);
  const isDowngrade = holder !== undefined && canDowngradeReplacing(turn, group, holder);
  turn.note("info", "classic member joins the consumer group", { groupId, memberId, groupInstanceId });
  const before = memberFor(turn, group, holder, { memberId, isUnknown });
  const topicNames = sortedNames(subscription.topics);
  const rackId = subscription.rackId ?? "";
  const wanted: ConsumerMember = {
    ...before,
    instanceId: groupInstanceId ?? before.instanceId,
    rackId: rackId === "" ? before.rackId : rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    topicNames: sameNames(before.topicNames, topicNames) ? before.topicNames : topicNames,
    topicRegex: "",
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, supportedProtocols: protocolsOf(request) },
  };
  const step = { before, wanted, reported: ownedBy(subscription, turn.state.metadata) };
  const after = isDowngrade ? joinAndDowngrade(turn, group, step) : advance(turn, groupId, step);
  if (!isDowngrade) {
    renewConsumerSession(turn, groupId, after);
    awaitClassicSync(turn, groupId, after.memberId, request.rebalanceTimeoutMs);
  }
  turn.reply(ticket, {
    memberId: after.memberId,
    generationId: after.epoch,
    protocolType: consumerProtocolType,
    protocolName: protocol.name,
  });
}

/** Whether one of the protocols is known to all classic members that are there. */
function supportsProtocols(
  group: ConsumerGroup,
  { protocolType, protocols }: Pick<ClassicMember, "protocolType"> & { protocols: readonly { name: string }[] },
): boolean {
  if (protocolType !== consumerProtocolType) return false;
  const sides = [...group.members.values()].map(({ classic }) => classic).filter((classic) => classic !== null);
  return protocols.some(({ name }) =>
    sides.every(({ supportedProtocols }) => supportedProtocols.some((supported) => supported.name === name)),
  );
}

function memberFor(
  turn: GroupTurn,
  group: ConsumerGroup,
  holder: ConsumerMember | undefined,
  { memberId, isUnknown }: { memberId: string; isUnknown: boolean },
): ConsumerMember {
  if (holder === undefined) return group.members.get(memberId) ?? newMember(memberId);
  return isUnknown ? replaceStaticMember(turn, group, holder, memberId) : holder;
}

/**
 * The last consumer member is a static one that comes back as a classic member: all are classic ones now. They go on with
 * their targets when those are of this epoch and nobody else has anything that the target gives to another. (Kafka does not ask
 * for the second: who has not given a partition back yet works on beside its new owner until its next heartbeat.)
 */
function joinAndDowngrade(turn: GroupTurn, group: ConsumerGroup, step: Parameters<typeof advance>[2]): ConsumerMember {
  const { groupId } = group;
  const hasChanged = updateSubscription(turn, groupId, step);
  const isTargetStale = group.target.get().epoch < group.epoch.get().epoch;
  const { memberId } = step.wanted;
  const isToRebalance = isTargetStale || !holdsTargetsAlone(group, memberId);
  const after = isToRebalance ? group.members.get(memberId)! : advanceMember(turn, groupId, { ...step, hasChanged });
  const reason = `Downgrade group ${groupId} from consumer to classic with stale assignment.`;
  downgrade(turn, group, { without: [], joining: memberId, rebalanceReason: isToRebalance ? reason : undefined });
  return after;
}
