import { type LeaderEpoch } from "../../base/brand.ts";
import { localReplicaChanges } from "../../metadata/delta/local-replica-changes.ts";
import { type TopicsDelta } from "../../metadata/delta/topics-delta.ts";

/** What leads the partitions of a topic in which coordinators keep their state. */
export interface ElectedCoordinator {
  /** Resolves when the partition is loaded, or cannot be. */
  onElection(partition: number, leaderEpoch: LeaderEpoch): Promise<void>;
  /** No epoch: the partition was deleted. */
  onResignation(partition: number, leaderEpoch?: LeaderEpoch): void;
}

/**
 * Tells a coordinator which partitions of its topic this broker leads from now on, and which it does not any more; gives
 * `watch` every load that begins.
 */
export function tellElections(
  coordinator: ElectedCoordinator,
  coordinatorTopic: string,
  topics: TopicsDelta,
  nodeId: number,
  watch: (load: Promise<void>) => void,
): void {
  const changes = localReplicaChanges(topics, nodeId, (topic) => topic === coordinatorTopic);
  for (const { partition } of changes.deletes) coordinator.onResignation(partition);
  for (const { partition, registration } of changes.followers) {
    coordinator.onResignation(partition, registration.leaderEpoch);
  }
  for (const { partition, registration } of changes.leaders) {
    watch(coordinator.onElection(partition, registration.leaderEpoch));
  }
}
