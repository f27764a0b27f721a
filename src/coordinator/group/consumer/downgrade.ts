import { type Uuid } from "../../../base/brand.ts";
import { type Partitions } from "../assignor/partition-assignor.ts";
import { type ClassicGroup } from "../classic-group.ts";
import { emptyAssignment } from "../classic-member.ts";
import { type GroupTurn } from "../group-state.ts";
import { groupMetadataRecord } from "../metadata-record.ts";
import { prepareRebalance, renewSession } from "../rebalance.ts";
import { cancelMemberTimers } from "./cancel-timers.ts";
import { classicAssignment } from "./classic-assignment.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { type ConsumerMember } from "./member.ts";
import { forgetGroup } from "./write.ts";
import { consumerProtocolType } from "../consumer-subscription.ts";

/** Whether those who stay after these members have left are all classic ones, and may go on as a classic group. */
export function canDowngradeWithout(
  turn: GroupTurn,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): boolean {
  const classicLeaving = leaving.filter(({ classic }) => classic !== null).length;
  const staying = group.members.size - leaving.length;
  if (staying <= 0 || group.classicMemberCount() - classicLeaving !== staying) return false;
  return isDowngradeAllowed(turn, group, staying);
}

/** The same when a classic member takes the place of this one. */
export function canDowngradeReplacing(turn: GroupTurn, group: ConsumerGroup, replaced: ConsumerMember): boolean {
  if (replaced.classic !== null || group.classicMemberCount() !== group.members.size - 1) return false;
  return isDowngradeAllowed(turn, group, group.members.size);
}

function isDowngradeAllowed(turn: GroupTurn, { groupId }: ConsumerGroup, memberCount: number): boolean {
  const { consumerMigrationPolicy: policy, groupSizeMax } = turn.state.config;
  if (policy !== "bidirectional" && policy !== "downgrade") {
    turn.note("info", "group stays a consumer group: its migration is disabled", { groupId, policy });
    return false;
  }
  if (memberCount > groupSizeMax) {
    turn.note("info", "group stays a consumer group: it is too large for a classic one", { groupId, memberCount });
    return false;
  }
  return true;
}

export interface Downgrade {
  readonly without: readonly ConsumerMember[];
  /** The member that joins with this: the others come first, so that one of them leads. */
  readonly joining?: string;
  /** Why the members are to join anew; undefined when they need not. */
  readonly rebalanceReason: string | undefined;
}

/**
 * The members go on as a classic group. All of them that stay talk the classic protocol. Those that need not join anew have
 * their targets; else each has what it has, which the target may not have any more. (Kafka takes the targets then, too: a
 * group that goes over to the new protocol once more before they have joined gives partitions to a second owner.)
 */
export function downgrade(
  turn: GroupTurn,
  group: ConsumerGroup,
  { without, joining, rebalanceReason }: Downgrade,
): void {
  const { groupId } = group;
  const leaving = new Set(without.map(({ memberId }) => memberId));
  const staying = group.orderedMembers().filter(({ memberId }) => !leaving.has(memberId));
  staying.sort((one, other) => Number(one.memberId === joining) - Number(other.memberId === joining));
  const assignmentOf = (member: ConsumerMember): Partitions =>
    rebalanceReason === undefined ? group.targetOf(member.memberId) : owned(member);
  const assignments = new Map(staying.map((member) => [member.memberId, assignmentOf(member)]));
  const generation = group.epoch.get().epoch;
  forgetGroup(turn, group);
  const classic = classicGroupOf(turn, groupId, generation, staying, assignments);
  turn.append(groupMetadataRecord(classic));
  // The record knows the chosen protocol alone.
  const edited = turn.state.edit(turn.state.classicGroup(groupId)!);
  for (const { memberId, protocols } of classic.members.values()) edited.update(memberId, { protocols });
  for (const { memberId, sessionTimeoutMs } of edited.members.values()) {
    cancelMemberTimers(turn, groupId, memberId);
    renewSession(turn, groupId, memberId, sessionTimeoutMs);
  }
  turn.note("info", "consumer group has become a classic group", { groupId, members: staying.length });
  if (rebalanceReason !== undefined) prepareRebalance(turn, edited, rebalanceReason);
}

function classicGroupOf(
  turn: GroupTurn,
  groupId: string,
  generation: number,
  members: readonly ConsumerMember[],
  assignments: ReadonlyMap<string, Partitions>,
): ClassicGroup {
  const classic = turn.state.newClassicGroup(groupId);
  classic.generation = generation;
  classic.state = "Stable";
  classic.stateSinceMs = turn.nowMs;
  for (const member of members) {
    const { sessionTimeoutMs, supportedProtocols } = member.classic!;
    classic.add({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs,
      protocolType: consumerProtocolType,
      protocols: supportedProtocols,
      assignment: emptyAssignment,
      isNew: false,
      joining: undefined,
      syncing: undefined,
    });
  }
  classic.protocolName = classic.selectProtocol();
  for (const { memberId, protocols } of classic.members.values()) {
    const { metadata } = protocols.find(({ name }) => name === classic.protocolName)!;
    classic.update(memberId, {
      assignment: classicAssignment(assignments.get(memberId)!, metadata, turn.state.metadata),
    });
  }
  return classic;
}

/** Whether no member has a partition that its target does not name; who joins with this is told of its own in the answer. */
export function holdsTargetsAlone(group: ConsumerGroup, joining: string): boolean {
  return [...group.members.values()].every((member) => {
    if (member.memberId === joining) return true;
    const target = group.targetOf(member.memberId);
    return [...owned(member)].every(([topicId, indexes]) => {
      const ofTopic = target.get(topicId) ?? [];
      return indexes.every((index) => ofTopic.includes(index));
    });
  });
}

/** What it was given and has not given back. */
function owned({ assigned, pendingRevocation }: ConsumerMember): Partitions {
  const all = new Map<Uuid, readonly number[]>();
  for (const partitions of [assigned, pendingRevocation]) {
    for (const [topicId, indexes] of partitions) {
      const known = all.get(topicId) ?? [];
      all.set(
        topicId,
        [...known, ...indexes.keys()].sort((one, other) => one - other),
      );
    }
  }
  return all;
}
