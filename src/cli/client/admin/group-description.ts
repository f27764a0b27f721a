import { javaHashOrder } from "../../../base/java-hash.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { codecOf } from "../../../protocol/codec.ts";
import { consumerProtocolAssignment } from "../../../protocol/consumer-protocol.ts";
import { Reader } from "../../../protocol/reader.ts";
import { partitionHash } from "../../command/java-hash-order.ts";
import { type Coordinator } from "../find-coordinator.ts";
import { type TopicPartition } from "../topic-partition.ts";

export interface GroupMemberDescription {
  readonly memberId: string;
  /** Of a static member. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
  /** Undefined in classic groups, as is the epoch. */
  readonly target: readonly TopicPartition[] | undefined;
  readonly epoch: number | undefined;
  /** Whether it speaks the consumer protocol; undefined when the broker does not tell. */
  readonly isUpgraded: boolean | undefined;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly state: string;
  readonly assignor: string;
  readonly coordinator: Coordinator;
  readonly members: readonly GroupMemberDescription[];
  /** Undefined for classic groups, as is the other. */
  readonly epoch: number | undefined;
  readonly assignmentEpoch: number | undefined;
}

type ConsumerGroup = ApiResponse<"consumerGroupDescribe">["groups"][number];
type ClassicGroup = ApiResponse<"describeGroups">["groups"][number];
type Assigned = ConsumerGroup["members"][number]["assignment"];

const upgraded = 1;
const notTold = -1;

/** A group of the consumer protocol. */
export function describedConsumerGroup(group: ConsumerGroup, coordinator: Coordinator): GroupDescription {
  return {
    groupId: group.groupId,
    state: group.groupState,
    assignor: group.assignorName,
    coordinator,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: partitionsIn(member.assignment),
      target: partitionsIn(member.targetAssignment),
      epoch: member.memberEpoch,
      isUpgraded: member.memberType === notTold ? undefined : member.memberType === upgraded,
    })),
    epoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
  };
}

/** A classic group whose members are consumers, or that has none. */
export function describedClassicGroup(group: ClassicGroup, coordinator: Coordinator): GroupDescription {
  return {
    groupId: group.groupId,
    state: group.groupState,
    assignor: group.protocolData,
    coordinator,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: decoded(member.memberAssignment),
      target: undefined,
      epoch: undefined,
      isUpgraded: undefined,
    })),
    epoch: undefined,
    assignmentEpoch: undefined,
  };
}

function partitionsIn({ topicPartitions }: Assigned): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName, partitions }) =>
    partitions.map((partition) => ({ topic: topicName, partition })),
  );
}

function decoded(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), consumerProtocolAssignment.versions.to);
  const { assignedPartitions } = codecOf(consumerProtocolAssignment, version).decode(reader);
  const partitions = assignedPartitions.flatMap(({ topic, partitions: its }) =>
    its.map((partition) => ({ topic, partition })),
  );
  return javaHashOrder(partitions, partitionHash);
}
