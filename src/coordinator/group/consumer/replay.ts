import { type Uuid } from "../../../base/brand.ts";
import { type ConsumerGroupCurrentMemberAssignmentValue } from "../../../protocol/group-records/consumer-group-current-member-assignment.ts";
import { type ConsumerGroupMemberMetadataValue } from "../../../protocol/group-records/consumer-group-member-metadata.ts";
import { type GroupState } from "../group-state.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import {
  leavingEpoch,
  newMember,
  nothingOwned,
  sameNames,
  sortedNames,
  type ConsumerMember,
  type OwnedPartitions,
} from "./member.ts";
import { stateFromNumber } from "./member-state.ts";
import { type ConsumerGroupRecord } from "./records.ts";

/** Applies a record of a consumer group. A tombstone of a group that is not there says nothing. */
export function replayConsumerRecord(state: GroupState, record: ConsumerGroupRecord): void {
  const group = groupFor(state, record);
  if (group === undefined) return;
  switch (record.type) {
    case "consumerGroup":
      if (record.value === null) return void state.groups.delete(record.group);
      return group.epoch.set(record.value);
    case "consumerGroupPartitions":
      return group.hasPartitionMetadata.set(record.value !== null);
    case "consumerGroupMember":
      if (record.value === null) return group.removeMember(record.member);
      return group.putMember(withMetadata(memberOf(group, record.member), record.value));
    case "consumerGroupTarget": {
      const { assignmentEpoch, assignmentTimestamp } = record.value ?? { assignmentEpoch: -1, assignmentTimestamp: 0 };
      return group.target.set({ epoch: assignmentEpoch, madeAtMs: assignmentTimestamp });
    }
    case "consumerGroupTargetMember": {
      if (record.value === null) return void group.targets.delete(record.member);
      const { topicPartitions } = record.value;
      const target = new Map(topicPartitions.map(({ topicId, partitions }) => [topicId, partitions]));
      return group.targets.set(record.member, target);
    }
    case "consumerGroupCurrent":
      return replayCurrent(group, record.member, record.value);
    case "consumerGroupRegex": {
      const { value } = record;
      const resolved = value && {
        topics: new Set(value.topics),
        version: value.version,
        resolvedAtMs: value.timestamp,
      };
      return group.putResolvedRegex(record.regex, resolved ?? undefined);
    }
  }
}

/** The group that a record is about; made by any record but a tombstone. */
function groupFor(state: GroupState, { group: groupId, value }: ConsumerGroupRecord): ConsumerGroup | undefined {
  const existing = state.groups.get(groupId);
  if (existing?.type === "consumer") return existing;
  if (value === null) return undefined;
  // Offsets alone make a classic group, which may turn out to be of another kind.
  const isTakenOver = existing === undefined || (existing.type === "classic" && existing.isSimple());
  return isTakenOver ? state.newConsumerGroup(groupId) : undefined;
}

function memberOf(group: ConsumerGroup, memberId: string): ConsumerMember {
  return group.members.get(memberId) ?? newMember(memberId);
}

function withMetadata(member: ConsumerMember, value: ConsumerGroupMemberMetadataValue): ConsumerMember {
  const names = sortedNames(value.subscribedTopicNames);
  const { classicMemberMetadata: classic } = value;
  return {
    ...member,
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    // The same list while nothing changes: it is told by that.
    topicNames: sameNames(member.topicNames, names) ? member.topicNames : names,
    topicRegex: value.subscribedTopicRegex,
    serverAssignor: value.serverAssignor,
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      // In buffers of their own: those they were read from hold whole batches.
      supportedProtocols: classic.supportedProtocols.map(({ name, metadata }) => ({
        name,
        metadata: Buffer.from(metadata),
      })),
    },
  };
}

function replayCurrent(
  group: ConsumerGroup,
  memberId: string,
  value: ConsumerGroupCurrentMemberAssignmentValue | null,
): void {
  if (value !== null) {
    const { memberEpoch: epoch, previousMemberEpoch: previousEpoch } = value;
    return group.putMember({
      ...memberOf(group, memberId),
      epoch,
      previousEpoch,
      state: stateFromNumber(value.state),
      assigned: ownedFrom(value.assignedPartitions, epoch),
      pendingRevocation: ownedFrom(value.partitionsPendingRevocation, epoch),
    });
  }
  const member = group.members.get(memberId);
  if (member === undefined) return;
  group.putMember({
    ...member,
    epoch: leavingEpoch,
    previousEpoch: leavingEpoch,
    assigned: nothingOwned,
    pendingRevocation: nothingOwned,
  });
}

/** Records of older versions do not tell when a partition was assigned. */
function ownedFrom(
  topics: ConsumerGroupCurrentMemberAssignmentValue["assignedPartitions"],
  memberEpoch: number,
): OwnedPartitions {
  const owned = new Map<Uuid, ReadonlyMap<number, number>>();
  for (const { topicId, partitions, assignmentEpochs } of topics) {
    const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined;
    owned.set(
      topicId,
      new Map(partitions.map((partition, index) => [partition, epochs?.[index] ?? Math.max(memberEpoch, 0)])),
    );
  }
  return owned;
}
