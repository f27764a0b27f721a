import { type Uuid } from "../base/brand.ts";
import { type TopicImage } from "../metadata/image/topics-image.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { type Partition } from "../replication/partition.ts";
import { type ReplicaManager } from "../replication/replica-manager.ts";
import { type MetadataCache } from "./metadata-cache.ts";

/**
 * Finds the replica on this broker that a request means, or the error that Kafka answers when there is none. What the metadata
 * says now counts: replicas follow it a little later, and those of a topic that was deleted may be here for a while yet.
 */
export class PartitionLookup {
  readonly #cache: MetadataCache;
  readonly #replicas: ReplicaManager;

  constructor(cache: MetadataCache, replicas: ReplicaManager) {
    this.#cache = cache;
    this.#replicas = replicas;
  }

  byName(topic: string, index: number): Partition | ErrorCode {
    const known = this.#cache.topic(topic);
    return known === undefined ? Errors.UNKNOWN_TOPIC_OR_PARTITION : this.#of(known, index);
  }

  byId(topicId: Uuid, index: number): Partition | ErrorCode {
    const known = this.#cache.topicById(topicId);
    return known === undefined ? Errors.UNKNOWN_TOPIC_ID : this.#of(known, index);
  }

  /** As `byName`, and only when this broker leads the partition in that epoch (-1: in any). */
  leaderByName(topic: string, index: number, currentLeaderEpoch = -1): Partition | ErrorCode {
    const partition = this.byName(topic, index);
    if (typeof partition === "number") return partition;
    const errorCode = partition.leaderError(currentLeaderEpoch);
    return errorCode === Errors.NONE ? partition : errorCode;
  }

  /** A replica that the metadata gives this broker may be on its way: clients come again. */
  #of({ id, partitions }: TopicImage, index: number): Partition | ErrorCode {
    const partition = this.#replicas.partitionById(id, index);
    if (partition !== undefined) return partition;
    if (partitions[index] === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION;
    return this.#replicas.absenceError(id, index);
  }
}
