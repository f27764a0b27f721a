import { type Uuid } from "../base/brand.ts";
import { metadataVersionWith, partitionRecordVersion } from "./features/metadata-version.ts";
import { type PartitionRegistration } from "./image/partition-registration.ts";
import { type MetadataRecordDraft } from "./metadata-record.ts";

/** The record that sets a partition to this registration, in the layout of `metadataVersion`. */
export function partitionRecordOf(
  topicId: Uuid,
  partitionId: number,
  partition: PartitionRegistration,
  metadataVersion: number,
): MetadataRecordDraft {
  const hasDirectories = metadataVersion >= metadataVersionWith.directoryAssignment;
  const hasElr = metadataVersion >= metadataVersionWith.eligibleLeaderReplicas;
  return {
    type: "partition",
    version: partitionRecordVersion(metadataVersion),
    data: {
      partitionId,
      topicId,
      replicas: partition.replicas,
      isr: partition.isr,
      removingReplicas: partition.removingReplicas,
      addingReplicas: partition.addingReplicas,
      leader: partition.leader,
      leaderRecoveryState: partition.leaderRecoveryState,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partition.partitionEpoch,
      directories: hasDirectories ? partition.directories : [],
      // Tagged fields: left out when there is nothing to say.
      eligibleLeaderReplicas: hasElr && partition.elr.length > 0 ? partition.elr : null,
      lastKnownElr: hasElr && partition.lastKnownElr.length > 0 ? partition.lastKnownElr : null,
    },
  };
}
