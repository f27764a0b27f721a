import { type NodeId } from "../base/brand.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { hasOnlineDirectory, isActive } from "./brokers.ts";
import { type ControllerView, hasEligibleLeaderReplicas, metadataVersionOf } from "./controller-view.ts";
import { partitionChange } from "./partition-change.ts";
import { itemsOfTurn } from "./result.ts";

export interface LeadershipChange {
  /** Leaves every ISR, and leads nothing. */
  readonly remove?: NodeId;
  /** May lead though the image still shows it fenced: it is being unfenced. */
  readonly add?: NodeId;
  /** As `remove`, and it may have lost records. */
  readonly unclean?: NodeId;
}

/** The records that give new ISRs and leaders to the partitions that `affects` names; yields as a `Decision` does. */
export function* leadershipRecords(
  view: ControllerView,
  change: LeadershipChange,
  affects: (partition: PartitionRegistration) => boolean,
): Generator<void, MetadataRecordDraft[]> {
  const { image } = view;
  const gone = [change.remove, change.unclean];
  const isAcceptable = (id: NodeId) => !gone.includes(id) && (id === change.add || isActive(image.cluster, id));
  const records: MetadataRecordDraft[] = [];
  let count = 0;
  for (const topic of image.topics.byId.values()) {
    let settings: { minIsr: number; allowsUnclean: boolean } | undefined;
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (++count % itemsOfTurn === 0) yield;
      if (!affects(partition)) continue;
      settings ??= topicSettings(view, topic.name);
      const record = partitionChange({
        topicId: topic.id,
        partitionId,
        partition,
        targetIsr: partition.isr.filter((id) => !gone.includes(id)),
        isAcceptableLeader: (id) => isAcceptable(id) && isReplicaOnline(view, partition, id),
        uncleanReplicas: change.unclean === undefined ? [] : [change.unclean],
        hasElr: hasEligibleLeaderReplicas(image),
        metadataVersion: metadataVersionOf(image),
        ...settings,
      });
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

/** Leads at least one partition. */
export function hasLeaderships({ image }: ControllerView, id: NodeId): boolean {
  for (const topic of image.topics.byId.values()) {
    if (topic.partitions.some((partition) => partition.leader === id)) return true;
  }
  return false;
}

export function topicSettings(view: ControllerView, topicName: string): { minIsr: number; allowsUnclean: boolean } {
  const config = view.effectiveConfig.topic(view.image, topicName);
  return { minIsr: config.get("min.insync.replicas"), allowsUnclean: config.get("unclean.leader.election.enable") };
}

/** The broker is active, and the directory of its replica works. */
export function isAcceptableLeader(view: ControllerView, partition: PartitionRegistration, id: NodeId): boolean {
  return isActive(view.image.cluster, id) && isReplicaOnline(view, partition, id);
}

function isReplicaOnline({ image }: ControllerView, partition: PartitionRegistration, id: NodeId): boolean {
  const broker = image.cluster.brokers.get(id);
  const directory = partition.directories[partition.replicas.indexOf(id)];
  return broker === undefined || directory === undefined || hasOnlineDirectory(broker, directory);
}
