import { Errors } from "../../../protocol/errors.ts";
import { type ClassicGroupView } from "../classic-group.ts";
import { appendGroupTombstones } from "../delete.ts";
import { type GroupTurn } from "../group-state.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { newMember, pausingEpoch, type ConsumerMember } from "./member.ts";
import { type ReportedPartitions } from "./reconcile.ts";
import { notFound, staticProblem, unknownMember, type Refusal } from "./refusal.ts";
import { re2Problem } from "../../../base/re2.ts";
import { upgrade, upgradeProblem } from "./upgrade.ts";
import { forgetMember, writeCurrent, writeMember, writeTarget } from "./write.ts";

/** A member that comes with a heartbeat. Epoch 0 says that it wants in. */
export interface Entry {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  /** null when it is what it was. */
  readonly regex: string | null;
  readonly reported: ReportedPartitions;
}

/**
 * Finds the member, or makes it when it wants in; with it its group, and a group of the other protocol becomes one of this.
 * Everything that can be wrong is found out before anything is written.
 */
export function enter(turn: GroupTurn, entry: Entry): { readonly member: ConsumerMember } | Refusal {
  const { groupId, memberId } = entry;
  const isJoining = entry.memberEpoch === 0;
  const group = turn.state.groups.get(groupId);
  if (group === undefined && !isJoining) return notFound(`Consumer group ${groupId} not found.`);
  if (group !== undefined && group.type !== "consumer") {
    if (!isJoining || group.type !== "classic") return notFound(`Group ${groupId} is not a consumer group.`);
    return enterFromClassic(turn, entry, group);
  }
  const problem = sizeProblem(turn, group?.members, memberId) ?? memberProblem(group, entry, isJoining);
  if (problem !== undefined) return problem;
  const unknown = regexRefusal(group, entry);
  if (unknown !== undefined) return unknown;
  return { member: joined(turn, group, entry) };
}

function enterFromClassic(
  turn: GroupTurn,
  entry: Entry,
  classic: ClassicGroupView,
): { readonly member: ConsumerMember } | Refusal {
  const isEmpty = classic.state === "Empty";
  const problem =
    (isEmpty ? undefined : upgradeProblem(turn, classic)) ??
    (isEmpty ? sizeProblem(turn, undefined, entry.memberId) : sizeProblem(turn, classic.members, entry.memberId)) ??
    regexRefusal(undefined, entry);
  if (problem !== undefined) return problem;
  if (isEmpty) appendGroupTombstones(turn, classic);
  else upgrade(turn, classic);
  return { member: joined(turn, turn.state.consumerGroup(entry.groupId), entry) };
}

function sizeProblem(
  turn: GroupTurn,
  members: { readonly size: number; has(memberId: string): boolean } | undefined,
  memberId: string,
): Refusal | undefined {
  const { consumerGroupSizeMax } = turn.state.config;
  if (members === undefined || members.size < consumerGroupSizeMax || members.has(memberId)) return undefined;
  const errorMessage = `The consumer group has reached its maximum capacity of ${consumerGroupSizeMax} members.`;
  return { errorCode: Errors.GROUP_MAX_SIZE_REACHED, errorMessage };
}

function memberProblem(group: ConsumerGroup | undefined, entry: Entry, isJoining: boolean): Refusal | undefined {
  const { groupId, memberId, instanceId } = entry;
  if (instanceId === null) {
    const member = group?.members.get(memberId);
    if (member !== undefined) return epochProblem(member, entry);
    return isJoining ? undefined : unknownMember(`Member ${memberId} is not a member of group ${groupId}.`);
  }
  const holder = group?.staticMember(instanceId);
  if (isJoining) {
    if (holder === undefined || holder.classic !== null || holder.epoch === pausingEpoch) return undefined;
    const errorMessage =
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is ` +
      `owned by ${holder.memberId} member.`;
    return { errorCode: Errors.UNRELEASED_INSTANCE_ID, errorMessage };
  }
  return staticProblem(holder, memberId, instanceId) ?? epochProblem(holder!, entry);
}

/** Whether the member is where it says. It may be one epoch behind, when the answer that told it has got lost. */
function epochProblem(member: ConsumerMember, { memberEpoch, reported }: Entry): Refusal | undefined {
  if (memberEpoch === 0) return undefined;
  if (memberEpoch === member.epoch) return stateProblem(member, reported);
  const isAhead = memberEpoch > member.epoch;
  if (!isAhead && memberEpoch === member.previousEpoch && ownsOnlyAssigned(member, reported)) {
    return stateProblem(member, reported);
  }
  const errorMessage =
    `The consumer group member has a ${isAhead ? "greater" : "smaller"} member epoch (${memberEpoch}) than the one ` +
    `known by the group coordinator (${member.epoch}). The member must abandon all its partitions and rejoin.`;
  return { errorCode: Errors.FENCED_MEMBER_EPOCH, errorMessage };
}

function ownsOnlyAssigned({ assigned }: ConsumerMember, reported: ReportedPartitions): boolean {
  if (reported === null) return false;
  return reported.every(({ topicId, partitions }) => {
    const ofTopic = assigned.get(topicId);
    return ofTopic !== undefined && partitions.every((partition) => ofTopic.has(partition));
  });
}

/** A member in a state that only a later version knows starts again with nothing. */
function stateProblem(member: ConsumerMember, reported: ReportedPartitions): Refusal | undefined {
  if (member.state !== "unknown" || reported?.length === 0) return undefined;
  const errorMessage =
    "The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.";
  return { errorCode: Errors.FENCED_MEMBER_EPOCH, errorMessage };
}

/** Only an expression that nobody in the group has can be wrong. */
function regexRefusal(group: ConsumerGroup | undefined, { regex, memberId, instanceId }: Entry): Refusal | undefined {
  if (regex === null || regex === "" || group?.regexCounts.has(regex) === true) return undefined;
  const member = instanceId === null ? group?.members.get(memberId) : group?.staticMember(instanceId);
  if (member?.topicRegex === regex) return undefined;
  const problem = re2Problem(regex);
  if (problem === undefined) return undefined;
  const errorMessage = `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${problem}.`;
  return { errorCode: Errors.INVALID_REGULAR_EXPRESSION, errorMessage };
}

function joined(turn: GroupTurn, group: ConsumerGroup | undefined, entry: Entry): ConsumerMember {
  const { groupId, memberId, memberEpoch, instanceId } = entry;
  const holder = instanceId === null ? undefined : group?.staticMember(instanceId);
  if (memberEpoch === 0) turn.note("info", "member joins the consumer group", { groupId, memberId, instanceId });
  if (instanceId === null) return group?.members.get(memberId) ?? newMember(memberId);
  if (holder === undefined) return group?.members.get(memberId) ?? newMember(memberId);
  return memberEpoch === 0 ? replaceStaticMember(turn, group!, holder, memberId) : holder;
}

/** A static member has come back under another id, and goes on with what it had. */
export function replaceStaticMember(
  turn: GroupTurn,
  group: ConsumerGroup,
  holder: ConsumerMember,
  memberId: string,
): ConsumerMember {
  const { groupId } = group;
  const target = group.targetOf(holder.memberId);
  const member: ConsumerMember = { ...holder, memberId, epoch: 0, previousEpoch: 0 };
  forgetMember(turn, groupId, holder.memberId);
  writeMember(turn, groupId, member);
  writeTarget(turn, groupId, memberId, target);
  writeCurrent(turn, groupId, member);
  turn.note("info", "static member comes back", { groupId, memberId, before: holder.memberId });
  return member;
}
