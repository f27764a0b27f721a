import { type Uuid } from "../../../base/brand.ts";
import { javaHashOrder, javaUuidHash, plannedForCopy } from "../../../base/java-hash.ts";
import { type Partitions } from "./partition-assignor.ts";

/** The partitions of a record, as Kafka iterates over what it reads from it. */
export function inJavaOrder(partitions: Partitions): [topicId: Uuid, partitions: number[]][] {
  const topics = javaHashOrder([...partitions.keys()], javaUuidHash);
  return topics.map((topicId) => [topicId, setOrder(partitions.get(topicId)!)]);
}

function setOrder(partitions: readonly number[]): number[] {
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
  readonly #topics = new Map<Uuid, TopicSet>();
  readonly #planned: number;
  #countMax: number;

  constructor(from: Partitions) {
    for (const [topicId, partitions] of inJavaOrder(from)) {
      const planned = plannedForCopy(partitions.length);
      this.#topics.set(topicId, { partitions: new Set(partitions), planned, countMax: partitions.length });
    }
    this.#planned = from.size;
    this.#countMax = from.size;
  }

  add(topicId: Uuid, partition: number): void {
    let topic = this.#topics.get(topicId);
    if (topic === undefined) {
      topic = { partitions: new Set(), planned: plannedForCopy(0), countMax: 0 };
      this.#topics.set(topicId, topic);
      this.#countMax = Math.max(this.#countMax, this.#topics.size);
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
    const topicIds = javaHashOrder([...this.#topics.keys()], javaUuidHash, this.#planned, this.#countMax);
    return new Map(
      topicIds.map((topicId) => {
        const { partitions, planned, countMax } = this.#topics.get(topicId)!;
        return [topicId, javaHashOrder([...partitions], intHash, planned, countMax)];
      }),
    );
  }
}
