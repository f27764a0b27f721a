import { type Uuid } from "../../../base/brand.ts";
import {
  inJavaBuckets,
  isJavaMapFull,
  javaCapacity,
  javaHashOrder,
  javaUuidHash,
  plannedForCopy,
} from "../../../base/java-hash.ts";
import { type Partitions } from "./partition-assignor.ts";

/** The topics of a record, as Kafka iterates over what it reads from it. */
export function topicsInJavaOrder(partitions: Partitions): Iterable<Uuid> {
  return partitions.size < 2 ? partitions.keys() : javaHashOrder([...partitions.keys()], javaUuidHash);
}

/** The same for the partitions of a topic. */
export function inJavaOrder(partitions: readonly number[]): number[] {
  return javaHashOrder(partitions, intHash, plannedForCopy(partitions.length));
}

function intHash(value: number): number {
  return value;
}

interface TopicSet {
  readonly partitions: Set<number>;
  readonly planned: number;
  countMax: number;
}

/** A copy of an assignment to be changed, which in the end hands back its parts in the order in which Kafka's does. */
export class ChangingAssignment {
  #topics = new Map<Uuid, TopicSet>();
  #capacity: number;

  constructor(from: Partitions) {
    for (const topicId of topicsInJavaOrder(from)) {
      const partitions = inJavaOrder(from.get(topicId)!);
      const planned = plannedForCopy(partitions.length);
      this.#topics.set(topicId, { partitions: new Set(partitions), planned, countMax: partitions.length });
    }
    this.#capacity = javaCapacity(from.size, from.size);
  }

  /** @param planned what the set is made for when there is none of the topic yet */
  add(topicId: Uuid, partition: number, planned = plannedForCopy(0)): void {
    // Java's `computeIfAbsent` looks first whether the map is full, even if it puts nothing in; what it does put in stands
    // in front of what else is in the bucket.
    if (isJavaMapFull(this.#capacity, this.#topics.size)) this.#capacity *= 2;
    let topic = this.#topics.get(topicId);
    if (topic === undefined) {
      topic = { partitions: new Set(), planned, countMax: 0 };
      this.#topics = new Map([[topicId, topic], ...this.#topics]);
    }
    topic.partitions.add(partition);
    topic.countMax = Math.max(topic.countMax, topic.partitions.size);
  }

  remove(topicId: Uuid, partition: number): void {
    const topic = this.#topics.get(topicId);
    if (topic === undefined) return;
    topic.partitions.delete(partition);
    if (topic.partitions.size === 0) this.#topics.delete(topicId);
  }

  removeTopic(topicId: Uuid): void {
    this.#topics.delete(topicId);
  }

  toPartitions(): Partitions {
    const topicIds = inJavaBuckets([...this.#topics.keys()], this.#capacity, javaUuidHash);
    return new Map(
      topicIds.map((topicId) => {
        const { partitions, planned, countMax } = this.#topics.get(topicId)!;
        return [topicId, javaHashOrder([...partitions], intHash, planned, countMax)];
      }),
    );
  }
}
