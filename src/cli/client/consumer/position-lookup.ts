import { type Cluster } from "../cluster.ts";
import { type Membership } from "../group/membership.ts";
import { ClientError } from "../kafka-error.ts";
import { partitionName } from "../topic-partition.ts";
import { listOffset, specialTimestamps } from "./list-offset.ts";
import { type Position, type TrackedPartition } from "./tracked-partition.ts";

/**
 * Finds where reading begins: for a member of a group where the group is, otherwise where the policy says.
 * @param isStale becomes true when the partitions are about to change: what is not found by then is left
 * @throws ClientError when there is no offset and no policy
 */
export async function lookUpPositions(
  cluster: Cluster,
  partitions: readonly TrackedPartition[],
  readCommitted: boolean,
  membership: Membership | undefined,
  isStale: () => boolean,
): Promise<void> {
  await lookUpCommitted(
    partitions.filter(({ fetchOffset, mayBeCommitted }) => fetchOffset === undefined && mayBeCommitted),
    membership,
  );
  for (const partition of partitions) {
    const { topic, partition: index, reset, fetchOffset, mayBeCommitted } = partition;
    if (fetchOffset !== undefined || mayBeCommitted || isStale()) continue;
    if (reset === "none") {
      throw new ClientError(
        "org.apache.kafka.clients.consumer.NoOffsetForPartitionException",
        `Undefined offset with no reset policy for partitions: [${partitionName(partition)}]`,
      );
    }
    const offset = await cluster.retryUntilGone(isStale, async () => {
      const known = cluster.topic(topic) ?? (await cluster.refreshTopics([topic], true))[0];
      if (known?.partitions[index] === undefined) return undefined;
      return listOffset(cluster, topic, index, specialTimestamps[reset], readCommitted);
    });
    if (offset !== undefined) begin(partition, { offset, leaderEpoch: -1 });
  }
}

async function lookUpCommitted(
  partitions: readonly TrackedPartition[],
  membership: Membership | undefined,
): Promise<void> {
  if (partitions.length === 0 || membership === undefined) return;
  const offsets = await membership.committed(partitions);
  if (offsets === undefined) return;
  for (const partition of partitions) {
    partition.mayBeCommitted = false;
    const known = offsets.find(
      ({ topic, partition: index }) => topic === partition.topic && index === partition.partition,
    );
    if (known !== undefined) begin(partition, { offset: known.offset, leaderEpoch: known.leaderEpoch ?? -1 });
  }
}

function begin(partition: TrackedPartition, position: Position): void {
  partition.fetchOffset = position.offset;
  partition.position = position;
}
