import { type Uuid } from "../../../base/brand.ts";
import {
  javaComputedOrder,
  javaHashOrder,
  javaStringHash,
  javaUuidHash,
  plannedForCopy,
} from "../../../base/java-hash.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { inJavaOrder, topicsInJavaOrder } from "../assignor/java-order.ts";
import { noPartitions } from "../assignor/partition-assignor.ts";
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
    members: group.orderedMembers(view).map((member) => describeMember(state.metadata, group, member)),
  };
}

function describeMember(metadata: GroupMetadata, group: ConsumerGroup, member: ConsumerMember): DescribedMember {
  // The member answers for what it is to give up until it has.
  const has = new Map<Uuid, number[]>();
  for (const owned of [member.assigned, member.pendingRevocation]) {
    for (const [topicId, partitions] of owned) {
      has.set(topicId, [...(has.get(topicId) ?? []), ...javaHashOrder([...partitions.keys()], (each) => each)]);
    }
  }
  const target = group.targets.get(member.memberId, "committed") ?? noPartitions;
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: javaHashOrder(member.topicNames, javaStringHash, plannedForCopy(member.topicNames.length)),
    subscribedTopicRegex: member.topicRegex,
    assignment: describeAssignment(
      metadata,
      javaComputedOrder([...has], ([topicId]) => javaUuidHash(topicId)),
    ),
    targetAssignment: describeAssignment(
      metadata,
      Array.from(topicsInJavaOrder(target), (topicId) => [topicId, inJavaOrder(target.get(topicId)!)]),
    ),
    memberType: member.classic === null ? 1 : 0,
  };
}

function describeAssignment(
  metadata: GroupMetadata,
  assignment: readonly [topicId: Uuid, partitions: readonly number[]][],
): DescribedAssignment {
  const topicPartitions = [];
  for (const [topicId, partitions] of assignment) {
    const topicName = metadata.topicName(topicId);
    if (topicName !== undefined) topicPartitions.push({ topicId, topicName, partitions });
  }
  return { topicPartitions };
}
