import { type TimestampMs } from "../../../base/brand.ts";
import { type Partitions } from "../assignor/partition-assignor.ts";
import { type GroupTurn } from "../group-state.ts";
import { type ConsumerGroup, type GroupEpoch, type ResolvedRegex } from "./consumer-group.ts";
import { type ConsumerMember, type OwnedPartitions } from "./member.ts";
import { numberOfState } from "./member-state.ts";

/* What is written of a consumer group. Each function applies its record at once, as all appending does. */

export function writeEpoch(turn: GroupTurn, group: string, value: GroupEpoch): void {
  turn.append({ type: "consumerGroup", group, value });
}

export function writeMember(turn: GroupTurn, group: string, member: ConsumerMember): void {
  const { classic } = member;
  turn.append({
    type: "consumerGroupMember",
    group,
    member: member.memberId,
    value: {
      instanceId: member.instanceId,
      rackId: member.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...member.topicNames],
      subscribedTopicRegex: member.topicRegex,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      serverAssignor: member.serverAssignor,
      classicMemberMetadata: classic && {
        sessionTimeoutMs: classic.sessionTimeoutMs,
        supportedProtocols: classic.supportedProtocols.map(({ name, metadata }) => ({ name, metadata })),
      },
    },
  });
}

export function writeTargetEpoch(turn: GroupTurn, group: string, epoch: number, madeAtMs: TimestampMs): void {
  const value = { assignmentEpoch: epoch, assignmentTimestamp: madeAtMs };
  turn.append({ type: "consumerGroupTarget", group, value });
}

export function writeTarget(turn: GroupTurn, group: string, member: string, target: Partitions): void {
  const topicPartitions = [...target].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }));
  turn.append({ type: "consumerGroupTargetMember", group, member, value: { topicPartitions } });
}

export function writeCurrent(turn: GroupTurn, group: string, member: ConsumerMember): void {
  turn.append({
    type: "consumerGroupCurrent",
    group,
    member: member.memberId,
    value: {
      memberEpoch: member.epoch,
      previousMemberEpoch: member.previousEpoch,
      state: numberOfState(member.state),
      assignedPartitions: ownedTopics(member.assigned),
      partitionsPendingRevocation: ownedTopics(member.pendingRevocation),
    },
  });
}

function ownedTopics(owned: OwnedPartitions) {
  return [...owned].map(([topicId, epochs]) => {
    const partitions = [...epochs.keys()].sort((one, other) => one - other);
    return { topicId, partitions, assignmentEpochs: partitions.map((partition) => epochs.get(partition)!) };
  });
}

export function writeRegex(turn: GroupTurn, group: string, regex: string, resolved: ResolvedRegex): void {
  const { topics, version, resolvedAtMs } = resolved;
  const value = { topics: [...topics].sort(), version, timestamp: resolvedAtMs };
  turn.append({ type: "consumerGroupRegex", group, regex, value });
}

export function forgetRegex(turn: GroupTurn, group: string, regex: string): void {
  turn.append({ type: "consumerGroupRegex", group, regex, value: null });
}

export function forgetPartitionMetadata(turn: GroupTurn, group: string): void {
  turn.append({ type: "consumerGroupPartitions", group, value: null });
}

export function forgetMember(turn: GroupTurn, group: string, member: string): void {
  turn.append({ type: "consumerGroupCurrent", group, member, value: null });
  turn.append({ type: "consumerGroupTargetMember", group, member, value: null });
  turn.append({ type: "consumerGroupMember", group, member, value: null });
}

/** Deletes all of a group but its offsets. */
export function forgetGroup(turn: GroupTurn, { groupId: group, members, resolvedRegexes }: ConsumerGroup): void {
  const memberIds = [...members.keys()];
  for (const member of memberIds) turn.append({ type: "consumerGroupCurrent", group, member, value: null });
  for (const member of memberIds) turn.append({ type: "consumerGroupTargetMember", group, member, value: null });
  turn.append({ type: "consumerGroupTarget", group, value: null });
  for (const member of memberIds) turn.append({ type: "consumerGroupMember", group, member, value: null });
  for (const regex of resolvedRegexes.keys()) forgetRegex(turn, group, regex);
  forgetPartitionMetadata(turn, group);
  turn.append({ type: "consumerGroup", group, value: null });
}
