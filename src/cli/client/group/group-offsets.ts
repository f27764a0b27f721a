import { type Cluster } from "../cluster.ts";
import { throwIfError } from "../kafka-error.ts";
import { byTopic, type TopicPartition } from "../topic-partition.ts";
import { type GroupCoordinator } from "./group-coordinator.ts";
import { type PartitionOffset } from "./membership.ts";

/** As whom a member commits. */
export interface MemberIdentity {
  readonly memberId: string;
  /** The generation of a classic group, or the member's epoch. */
  readonly epoch: number;
  /** Of a static member. */
  readonly instanceId: string | null;
}

/** One request for the offsets where a group goes on; partitions without one are left out. @throws KafkaError */
export async function fetchOffsets(
  cluster: Cluster,
  coordinator: GroupCoordinator,
  partitions: readonly TopicPartition[],
  member?: MemberIdentity,
): Promise<PartitionOffset[]> {
  const { groups } = await coordinator.send("offsetFetch", {
    groups: [
      {
        groupId: coordinator.groupId,
        ...(member === undefined ? {} : { memberId: member.memberId, memberEpoch: member.epoch }),
        topics: [...byTopic(partitions)].map(([name, its]) => ({
          name,
          topicId: cluster.topicIdOf(name),
          partitionIndexes: its.map(({ partition }) => partition),
        })),
      },
    ],
    requireStable: true,
  });
  const offsets: PartitionOffset[] = [];
  for (const { errorCode, topics } of groups) {
    throwIfError(errorCode);
    for (const { name, topicId, partitions: its } of topics) {
      const topic = name === "" ? (cluster.topicNameOf(topicId) ?? "") : name;
      for (const { errorCode: code, partitionIndex: partition, committedOffset: offset, committedLeaderEpoch } of its) {
        throwIfError(code);
        if (offset >= 0) offsets.push({ topic, partition, offset, leaderEpoch: committedLeaderEpoch });
      }
    }
  }
  return offsets;
}

/** One request that says where a group goes on. @throws KafkaError of the first partition that was refused */
export async function commitOffsets(
  cluster: Cluster,
  coordinator: GroupCoordinator,
  offsets: readonly PartitionOffset[],
  { memberId, epoch, instanceId }: MemberIdentity,
): Promise<void> {
  const { topics } = await coordinator.send("offsetCommit", {
    groupId: coordinator.groupId,
    generationIdOrMemberEpoch: epoch,
    memberId,
    groupInstanceId: instanceId,
    topics: [...byTopic(offsets)].map(([name, its]) => ({
      name,
      topicId: cluster.topicIdOf(name),
      partitions: its.map(({ partition, offset, leaderEpoch = -1 }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: "",
      })),
    })),
  });
  for (const { partitions } of topics) for (const { errorCode } of partitions) throwIfError(errorCode);
}
