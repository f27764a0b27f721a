import { type PartitionChangeRecord } from "../../protocol/metadata-records/partition-change.ts";
import { type PartitionRecord } from "../../protocol/metadata-records/partition.ts";
import { directoryIds } from "../directory-id.ts";
import { type PartitionRegistration } from "../image/partition-registration.ts";

/** In a change record: the leader stays, without a new epoch. */
export const noLeaderChange = -2;

export function partitionFrom(record: PartitionRecord): PartitionRegistration {
  return {
    replicas: record.replicas,
    // Records from before directories were tracked have none.
    directories:
      record.directories.length === 0 ? record.replicas.map(() => directoryIds.migrating) : record.directories,
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
  };
}

/** The partition after a change record: what the record leaves out stays; every change takes a new partition epoch. */
export function partitionWith(partition: PartitionRegistration, change: PartitionChangeRecord): PartitionRegistration {
  const leaderChanged = change.leader !== noLeaderChange;
  const replicas = change.replicas ?? partition.replicas;
  return {
    replicas,
    directories: change.directories ?? directoriesFor(replicas, partition),
    isr: change.isr ?? partition.isr,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    elr: change.eligibleLeaderReplicas ?? partition.elr,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
    leader: leaderChanged ? change.leader : partition.leader,
    leaderRecoveryState: change.leaderRecoveryState === -1 ? partition.leaderRecoveryState : change.leaderRecoveryState,
    leaderEpoch: partition.leaderEpoch + (leaderChanged ? 1 : 0),
    partitionEpoch: partition.partitionEpoch + 1,
  };
}

/** Replicas that stay keep their directory; new ones have not been placed yet. */
function directoriesFor(
  replicas: readonly number[],
  partition: PartitionRegistration,
): PartitionRegistration["directories"] {
  if (replicas === partition.replicas) return partition.directories;
  return replicas.map(
    (replica) => partition.directories[partition.replicas.indexOf(replica)] ?? directoryIds.unassigned,
  );
}
