import { type Offset, type ProducerId, type TimestampMs, type Uuid } from "../../base/brand.ts";
import { TimelineMap, type Timeline, type View } from "../../base/timeline-map.ts";

/** Where a group is to go on in one partition. */
export interface CommittedOffset {
  readonly offset: Offset;
  /** -1 when the consumer did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: TimestampMs;
  /** -1 when the broker's retention applies. */
  readonly expireTimestampMs: TimestampMs;
  readonly topicId: Uuid;
  /** Where the record stands: of two commits, the later one in the log holds. */
  readonly recordOffset: Offset;
}

export type PartitionOffsets = TimelineMap<number, CommittedOffset>;
export type TopicOffsets = TimelineMap<string, PartitionOffsets>;

/** Offsets by group, topic and partition. */
class Offsets {
  readonly byGroup: TimelineMap<string, TopicOffsets>;
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.byGroup = new TimelineMap(timeline);
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.byGroup.get(group)?.get(topic)?.get(partition);
  }

  set(group: string, topic: string, partition: number, committed: CommittedOffset): void {
    const topics = this.#child(this.byGroup, group);
    this.#child(topics, topic).set(partition, committed);
  }

  delete(group: string, topic: string, partition: number): void {
    const topics = this.byGroup.get(group);
    const partitions = topics?.get(topic);
    if (topics === undefined || partitions === undefined) return;
    partitions.delete(partition);
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.byGroup.delete(group);
  }

  *of(group: string): IterableIterator<[topic: string, partition: number, committed: CommittedOffset]> {
    for (const [topic, partitions] of this.byGroup.get(group)?.entries() ?? []) {
      for (const [partition, committed] of partitions.entries()) yield [topic, partition, committed];
    }
  }

  #child<K, V>(parent: TimelineMap<string, TimelineMap<K, V>>, key: string): TimelineMap<K, V> {
    let child = parent.get(key);
    if (child === undefined) {
      child = new TimelineMap<K, V>(this.#timeline);
      parent.set(key, child);
    }
    return child;
  }
}

/** The committed offsets of all groups of a shard, and those of transactions that have not ended. */
export class OffsetStore {
  readonly #timeline: Timeline;
  readonly #committed: Offsets;
  readonly #pending: TimelineMap<ProducerId, Offsets>;
  /** For each partition with pending offsets, whose transactions those are. */
  readonly #open: TimelineMap<string, TimelineMap<string, ReadonlySet<ProducerId>>>;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#committed = new Offsets(timeline);
    this.#pending = new TimelineMap(timeline);
    this.#open = new TimelineMap(timeline);
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(group, topic, partition);
  }

  /** The topics with offsets of a group; undefined when there are none. */
  topicsOf(group: string, view: View = "latest"): TopicOffsets | undefined {
    return this.#committed.byGroup.get(group, view);
  }

  entriesOf(group: string): IterableIterator<[topic: string, partition: number, committed: CommittedOffset]> {
    return this.#committed.of(group);
  }

  hasPending(group: string): boolean {
    return this.#open.has(group);
  }

  hasPendingAt(group: string, topic: string, partition: number): boolean {
    return this.#open.get(group)?.has(partitionKey(topic, partition)) === true;
  }

  *pendingPartitionsOf(group: string): IterableIterator<[topic: string, partition: number]> {
    for (const key of this.#open.get(group)?.keys() ?? []) yield parsePartitionKey(key);
  }

  /** How many offsets a group has, without those that are pending. */
  countOf(group: string): number {
    let count = 0;
    for (const partitions of this.#committed.byGroup.get(group)?.values() ?? []) count += partitions.size;
    return count;
  }

  /** The offsets of all groups in one topic, pending ones too. */
  *inTopic(topic: string): IterableIterator<[group: string, partition: number, committed: CommittedOffset]> {
    for (const { byGroup } of [this.#committed, ...this.#pending.values()]) {
      for (const [group, topics] of byGroup.entries()) {
        for (const [partition, committed] of topics.get(topic)?.entries() ?? []) yield [group, partition, committed];
      }
    }
  }

  /** Every offset, pending ones too. */
  *all(): IterableIterator<[group: string, topic: string, partition: number, committed: CommittedOffset]> {
    for (const offsets of [this.#committed, ...this.#pending.values()]) {
      for (const group of offsets.byGroup.keys()) for (const entry of offsets.of(group)) yield [group, ...entry];
    }
  }

  commit(group: string, topic: string, partition: number, committed: CommittedOffset): void {
    this.#committed.set(group, topic, partition, committed);
  }

  commitInTransaction(
    producerId: ProducerId,
    group: string,
    topic: string,
    partition: number,
    committed: CommittedOffset,
  ): void {
    let pending = this.#pending.get(producerId);
    if (pending === undefined) {
      pending = new Offsets(this.#timeline);
      this.#pending.set(producerId, pending);
    }
    pending.set(group, topic, partition, committed);
    let open = this.#open.get(group);
    if (open === undefined) {
      open = new TimelineMap(this.#timeline);
      this.#open.set(group, open);
    }
    const key = partitionKey(topic, partition);
    open.set(key, new Set([...(open.get(key) ?? []), producerId]));
  }

  /** A tombstone: what was committed is gone, and what is pending, too. */
  delete(group: string, topic: string, partition: number): void {
    this.#committed.delete(group, topic, partition);
    for (const producerId of this.#open.get(group)?.get(partitionKey(topic, partition)) ?? []) {
      this.#pending.get(producerId)?.delete(group, topic, partition);
    }
    this.#close(group, topic, partition, undefined);
  }

  endTransaction(producerId: ProducerId, isCommit: boolean): void {
    const pending = this.#pending.get(producerId);
    if (pending === undefined) return;
    this.#pending.delete(producerId);
    for (const group of pending.byGroup.keys()) {
      for (const [topic, partition, committed] of pending.of(group)) {
        this.#close(group, topic, partition, producerId);
        const existing = this.#committed.get(group, topic, partition);
        if (isCommit && (existing === undefined || committed.recordOffset > existing.recordOffset)) {
          this.#committed.set(group, topic, partition, committed);
        }
      }
    }
  }

  /** A partition has nothing pending any more, of one producer or (undefined) of all. */
  #close(group: string, topic: string, partition: number, producerId: ProducerId | undefined): void {
    const open = this.#open.get(group);
    const key = partitionKey(topic, partition);
    const producers = open?.get(key);
    if (open === undefined || producers === undefined) return;
    const others = producerId === undefined ? [] : [...producers].filter((id) => id !== producerId);
    if (others.length > 0) open.set(key, new Set(others));
    else open.delete(key);
    if (open.size === 0) this.#open.delete(group);
  }
}

function partitionKey(topic: string, partition: number): string {
  return `${partition}:${topic}`;
}

function parsePartitionKey(key: string): [topic: string, partition: number] {
  const colon = key.indexOf(":");
  return [key.slice(colon + 1), Number(key.slice(0, colon))];
}
