import { assert } from "../../base/assert.ts";
import { type Uuid } from "../../base/brand.ts";
import { type PartitionChangeRecord } from "../../protocol/metadata-records/partition-change.ts";
import { type PartitionRecord } from "../../protocol/metadata-records/partition.ts";
import { type RemoveTopicRecord } from "../../protocol/metadata-records/remove-topic.ts";
import { type TopicRecord } from "../../protocol/metadata-records/topic.ts";
import { type PartitionRegistration } from "../image/partition-registration.ts";
import { type TopicImage, type TopicsImage } from "../image/topics-image.ts";
import { changesOfPart, partsOf } from "./changes.ts";
import { partitionFrom, partitionWith } from "./partition-change.ts";

/** The changes of one topic. */
export class TopicDelta {
  /** The topic before; it has no partitions when the topic is new. */
  readonly before: TopicImage;
  readonly isNew: boolean;
  readonly changedPartitions = new Map<number, PartitionRegistration>();

  constructor(before: TopicImage, isNew: boolean) {
    this.before = before;
    this.isNew = isNew;
  }

  get name(): string {
    return this.before.name;
  }

  get id(): Uuid {
    return this.before.id;
  }

  partition(partitionId: number): PartitionRegistration | undefined {
    return this.changedPartitions.get(partitionId) ?? this.before.partitions[partitionId];
  }

  apply(): TopicImage {
    const partitions = [...this.before.partitions];
    for (const [partitionId, partition] of this.changedPartitions) partitions[partitionId] = partition;
    for (let i = 0; i < partitions.length; i++) {
      assert(partitions[i] !== undefined, `topic ${this.name} has no partition ${i} of ${partitions.length}`);
    }
    return { name: this.name, id: this.id, partitions };
  }
}

export class TopicsDelta {
  readonly changedTopics = new Map<Uuid, TopicDelta>();
  /** As they were before. */
  readonly deletedTopics = new Map<Uuid, TopicImage>();
  /** Topics of a name that was created by this delta; the name may have belonged to a topic that it deleted. */
  readonly createdTopics = new Map<string, Uuid>();
  readonly image: TopicsImage;

  constructor(image: TopicsImage) {
    this.image = image;
  }

  replayTopic(record: TopicRecord): void {
    const topic: TopicImage = { name: record.name, id: record.topicId, partitions: [] };
    this.changedTopics.set(record.topicId, new TopicDelta(topic, true));
    this.createdTopics.set(record.name, record.topicId);
  }

  replayPartition(record: PartitionRecord): void {
    this.#topic(record.topicId).changedPartitions.set(record.partitionId, partitionFrom(record));
  }

  replayPartitionChange(record: PartitionChangeRecord): void {
    const topic = this.#topic(record.topicId);
    const partition = topic.partition(record.partitionId);
    assert(
      partition !== undefined,
      `a record changes partition ${topic.name}-${record.partitionId}, which is not there`,
    );
    topic.changedPartitions.set(record.partitionId, partitionWith(partition, record));
  }

  /** Returns the topic's name. */
  replayRemoveTopic(record: RemoveTopicRecord): string {
    const { name } = this.#topic(record.topicId);
    this.changedTopics.delete(record.topicId);
    if (this.createdTopics.get(name) === record.topicId) this.createdTopics.delete(name);
    const before = this.image.byId.get(record.topicId);
    if (before !== undefined) this.deletedTopics.set(record.topicId, before);
    return name;
  }

  /** Forgets the eligible leader replicas of one topic, or of all when the name is "". */
  replayClearElr(topicName: string): void {
    const known = [...this.image.byId.keys(), ...this.changedTopics.keys()].filter((id) => !this.deletedTopics.has(id));
    for (const id of new Set(known)) {
      const topic = this.#topic(id);
      if (topicName !== "" && topic.name !== topicName) continue;
      const count = Math.max(topic.before.partitions.length, ...topic.changedPartitions.keys());
      for (let i = 0; i <= count; i++) {
        const partition = topic.partition(i);
        if (partition === undefined || (partition.elr.length === 0 && partition.lastKnownElr.length === 0)) continue;
        topic.changedPartitions.set(i, { ...partition, elr: [], lastKnownElr: [] });
      }
    }
  }

  finishSnapshot(): void {
    for (const [id, topic] of this.image.byId) {
      if (!this.changedTopics.has(id)) this.deletedTopics.set(id, topic);
    }
  }

  /** The image with the changes; thousands of them are put in in parts. */
  *applying(): Generator<void, TopicsImage> {
    let { byId, byName } = this.image;
    for (const part of partsOf(this.deletedTopics, changesOfPart)) {
      byId = byId.changed(
        [],
        part.map(([id]) => id),
      );
      byName = byName.changed(
        [],
        part.map(([, { name }]) => name),
      );
      yield;
    }
    for (const part of partsOf(this.changedTopics.values(), changesOfPart)) {
      const changed = part.map((delta) => delta.apply());
      byId = byId.changed(
        changed.map((topic) => [topic.id, topic] as const),
        [],
      );
      byName = byName.changed(
        changed.map((topic) => [topic.name, topic] as const),
        [],
      );
      yield;
    }
    return { byId, byName };
  }

  #topic(id: Uuid): TopicDelta {
    const changed = this.changedTopics.get(id);
    if (changed !== undefined) return changed;
    const before = this.image.byId.get(id);
    assert(before !== undefined && !this.deletedTopics.has(id), `a record names topic id ${id}, which is not there`);
    const delta = new TopicDelta(before, false);
    this.changedTopics.set(id, delta);
    return delta;
  }
}
