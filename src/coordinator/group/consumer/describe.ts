import { type Uuid } from "../../../base/brand.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type GroupState } from "../group-state.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { type GroupMetadata } from "./group-metadata.ts";
import { type ConsumerMember } from "./member.ts";
import { preferredAssignor } from "./target.ts";

export type DescribedConsumerGroup = Draft<ApiResponse<"consumerGroupDescribe">["groups"][number]>;
type DescribedMember = NonNullable<DescribedConsumerGroup["members"]>[number];
type DescribedAssignment = NonNullable<DescribedMember["assignment"]>;

/** ConsumerGroupDescribe knows consumer groups alone. */
export function describeConsumerGroup(state: GroupState, groupId: string): DescribedConsumerGroup {
  const group = state.groups.get(groupId, "committed");
  if (group?.type === "consumer") return describe(state, group);
  const errorMessage =
    group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`;
  return { groupId, errorCode: Errors.GROUP_ID_NOT_FOUND, errorMessage };
}

function describe(state: GroupState, group: ConsumerGroup): DescribedConsumerGroup {
  const view = "committed";
  return {
    groupId: group.groupId,
    groupState: group.state(view),
    groupEpoch: group.epoch.get(view).epoch,
    assignmentEpoch: group.target.get(view).epoch,
    assignorName: preferredAssignor(state, group, view).name,
    members: [...group.members.entries(view)].map(([, member]) => describeMember(state.metadata, group, member)),
  };
}

function describeMember(metadata: GroupMetadata, group: ConsumerGroup, member: ConsumerMember): DescribedMember {
  // The member answers for what it is to give up until it has.
  const has = new Map<Uuid, number[]>();
  for (const owned of [member.assigned, member.pendingRevocation]) {
    for (const [topicId, partitions] of owned) has.set(topicId, [...(has.get(topicId) ?? []), ...partitions.keys()]);
  }
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.topicRegex,
    assignment: describeAssignment(metadata, has),
    targetAssignment: describeAssignment(metadata, group.targets.get(member.memberId, "committed") ?? new Map()),
    memberType: member.classic === null ? 1 : 0,
  };
}

function describeAssignment(
  metadata: GroupMetadata,
  assignment: ReadonlyMap<Uuid, readonly number[]>,
): DescribedAssignment {
  const topicPartitions = [];
  for (const [topicId, partitions] of assignment) {
    const topicName = metadata.topicName(topicId);
    if (topicName !== undefined) topicPartitions.push({ topicId, topicName, partitions });
  }
  return { topicPartitions };
}
