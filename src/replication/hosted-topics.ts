import { type Uuid } from "../base/brand.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { type Partition } from "./partition.ts";

/** The partitions of one topic that have a replica here, by partition number. */
export interface HostedTopic {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: (Partition | undefined)[];
  /** How many there are. */
  count: number;
  /** Those that no directory that works has, with what Kafka tells of them. */
  readonly offline: Map<number, ErrorCode>;
}

/** The topics that this broker has replicas of. A name may come back with another id before the former topic has gone. */
export class HostedTopics {
  readonly byName = new Map<string, HostedTopic>();
  readonly byId = new Map<Uuid, HostedTopic>();

  /** The topic, with nothing in it when it is new here. */
  host(name: string, id: Uuid): HostedTopic {
    let hosted = this.byId.get(id);
    if (hosted === undefined) {
      hosted = { name, id, partitions: [], count: 0, offline: new Map() };
      this.byId.set(id, hosted);
      this.byName.set(name, hosted);
    }
    return hosted;
  }

  /** Forgets the topic when there is nothing in it any more. */
  release(hosted: HostedTopic): void {
    if (hosted.count > 0 || hosted.offline.size > 0) return;
    this.byId.delete(hosted.id);
    if (this.byName.get(hosted.name) === hosted) this.byName.delete(hosted.name);
  }

  *partitions(): Generator<Partition> {
    for (const { partitions } of this.byName.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition;
    }
  }

  clear(): void {
    this.byName.clear();
    this.byId.clear();
  }
}

/**
 * What is told of a partition that has no replica here. KAFKA_STORAGE_ERROR: the metadata gives this broker one, and its
 * directory has failed; but as long as nothing was said of the replica since its directory was found offline at the start,
 * it is as if it were still to come, as in Kafka.
 */
export function absenceErrorIn(hosted: HostedTopic | undefined, index: number): ErrorCode {
  return hosted?.offline.get(index) ?? Errors.NOT_LEADER_OR_FOLLOWER;
}
