import { type NodeId, type Uuid } from "../../base/brand.ts";
import { type PartitionRegistration } from "../image/partition-registration.ts";
import { type TopicsDelta } from "./topics-delta.ts";

export interface LocalReplica {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
}

export interface LocalReplicaState extends LocalReplica {
  readonly registration: PartitionRegistration;
}

/** What one broker has to do about its replicas. */
export interface LocalReplicaChanges {
  /** Of deleted topics, and replicas that moved away. */
  readonly deletes: LocalReplica[];
  /** This broker leads them now: newly, or with changed ISR, replicas or epochs. */
  readonly leaders: LocalReplicaState[];
  readonly followers: LocalReplicaState[];
}

/** @param isWanted whether it matters what becomes of a topic's replicas */
export function localReplicaChanges(
  delta: TopicsDelta,
  brokerId: NodeId,
  isWanted: (topic: string) => boolean = () => true,
): LocalReplicaChanges {
  const changes: LocalReplicaChanges = { deletes: [], leaders: [], followers: [] };
  for (const topic of delta.deletedTopics.values()) {
    if (!isWanted(topic.name)) continue;
    topic.partitions.forEach((registration, partition) => {
      if (registration.replicas.includes(brokerId)) {
        changes.deletes.push({ topic: topic.name, topicId: topic.id, partition });
      }
    });
  }
  for (const topic of delta.changedTopics.values()) {
    if (!isWanted(topic.name)) continue;
    for (const [partition, registration] of topic.changedPartitions) {
      const replica: LocalReplica = { topic: topic.name, topicId: topic.id, partition };
      const before = topic.before.partitions[partition];
      if (registration.replicas.includes(brokerId)) {
        const list = registration.leader === brokerId ? changes.leaders : changes.followers;
        list.push({ ...replica, registration });
      } else if (before?.replicas.includes(brokerId)) {
        changes.deletes.push(replica);
      }
    }
  }
  return changes;
}
