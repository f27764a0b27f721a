import { type Uuid } from "../../src/base/brand.ts";
import { directoryIds } from "../../src/metadata/directory-id.ts";
import { MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { configResourceTypes } from "../../src/metadata/image/configs-image.ts";
import { emptyImage, emptyProvenance, type MetadataImage } from "../../src/metadata/image/metadata-image.ts";
import { type LoaderManifest } from "../../src/metadata/publisher.ts";
import { brokerId } from "../unit/replication/replicas.ts";

export interface SimulatedTopic {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: number;
}

interface PartitionState {
  leaderEpoch: number;
  partitionEpoch: number;
  isLed: boolean;
  /** Where the broker says that it has the replica. */
  directory: Uuid;
}

interface TopicState {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: PartitionState[];
}

export const internalTopics: readonly SimulatedTopic[] = ["__transaction_state", "__consumer_offsets"].map(
  (name, index) => ({ name, id: `INTERNALtopicAAAAAAAA${"Qg"[index]}`, partitions: 1 }),
);

/** What publishers are told beside the news. */
export const manifest: LoaderManifest = {
  source: "log",
  provenance: emptyProvenance,
  leaderAndEpoch: { leaderId: brokerId, epoch: 1 },
  sizeBytes: 0,
};

const notThereYet: Readonly<PartitionState> = {
  leaderEpoch: -1,
  partitionEpoch: -1,
  isLed: false,
  directory: directoryIds.unassigned,
};

/** What the controller knows: topics, and whether the broker leads their partitions. It outlives the broker. */
export class SimulatedCluster {
  readonly #topics = new Map<string, TopicState>();
  #image: MetadataImage = emptyImage;

  constructor(topics: readonly SimulatedTopic[]) {
    for (const topic of topics) this.#add(topic);
  }

  get image(): MetadataImage {
    return this.#image;
  }

  topics(): readonly SimulatedTopic[] {
    return Array.from(this.#topics.values(), ({ name, id, partitions }) => ({
      name,
      id,
      partitions: partitions.length,
    }));
  }

  partitionCount(topic: string): number {
    return this.#topics.get(topic)?.partitions.length ?? 0;
  }

  /** Where the metadata has the replica. */
  directoryOf(topic: string, index: number): Uuid | undefined {
    return this.#topics.get(topic)?.partitions[index]?.directory;
  }

  /** A broker has started, and leads everything; the change is from nothing. */
  elect(): MetadataDelta {
    this.#image = emptyImage;
    const delta = new MetadataDelta(emptyImage);
    for (const topic of this.#topics.values()) this.#replayAll(delta, topic);
    return this.#commit(delta);
  }

  create(topic: SimulatedTopic): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    this.#replayAll(delta, this.#add(topic));
    return this.#commit(delta);
  }

  remove(topic: string): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    delta.replay({ type: "removeTopic", version: 0, data: { topicId: this.#topics.get(topic)!.id } });
    this.#topics.delete(topic);
    return this.#commit(delta);
  }

  /** A topic gets one more partition. */
  grow(topic: string): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    const state = this.#topics.get(topic)!;
    state.partitions.push({ ...notThereYet });
    this.#lead(delta, state, state.partitions.length - 1, true);
    return this.#commit(delta);
  }

  /** The partition is without a leader, or has the broker as its leader again. */
  lead(topic: string, index: number, isLed: boolean): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    this.#lead(delta, this.#topics.get(topic)!, index, isLed);
    return this.#commit(delta);
  }

  /** The topic's configuration is another; what it is the broker is told elsewhere. */
  configure(topic: string, key: string): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    const data = { resourceType: configResourceTypes.topic, resourceName: topic, name: key, value: "another" };
    delta.replay({ type: "config", version: 0, data });
    return this.#commit(delta);
  }

  /** The broker has told where it has a replica; undefined when the topic is gone. */
  assign(topicId: Uuid, index: number, directory: Uuid): MetadataDelta | undefined {
    const topic = [...this.#topics.values()].find(({ id }) => id === topicId);
    const state = topic?.partitions[index];
    if (topic === undefined || state === undefined) return undefined;
    state.directory = directory;
    const delta = new MetadataDelta(this.#image);
    this.#replay(delta, topic, index);
    return this.#commit(delta);
  }

  /** Those without a leader. */
  outages(): { readonly topic: string; readonly index: number }[] {
    return [...this.#topics.values()].flatMap(({ name, partitions }) =>
      partitions.flatMap(({ isLed }, index) => (isLed ? [] : [{ topic: name, index }])),
    );
  }

  #add({ name, id, partitions }: SimulatedTopic): TopicState {
    const topic = { name, id, partitions: Array.from({ length: partitions }, () => ({ ...notThereYet })) };
    this.#topics.set(name, topic);
    return topic;
  }

  #replayAll(delta: MetadataDelta, topic: TopicState): void {
    delta.replay({ type: "topic", version: 0, data: { name: topic.name, topicId: topic.id } });
    for (const index of topic.partitions.keys()) this.#lead(delta, topic, index, true);
  }

  #lead(delta: MetadataDelta, topic: TopicState, index: number, isLed: boolean): void {
    const state = topic.partitions[index]!;
    state.leaderEpoch++;
    state.isLed = isLed;
    this.#replay(delta, topic, index);
  }

  #replay(delta: MetadataDelta, { id, partitions }: TopicState, index: number): void {
    const state = partitions[index]!;
    state.partitionEpoch++;
    delta.replay({
      type: "partition",
      version: 1,
      data: {
        partitionId: index,
        topicId: id,
        replicas: [brokerId],
        isr: [brokerId],
        removingReplicas: [],
        addingReplicas: [],
        leader: state.isLed ? brokerId : -1,
        leaderRecoveryState: 0,
        leaderEpoch: state.leaderEpoch,
        partitionEpoch: state.partitionEpoch,
        directories: [state.directory],
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    });
  }

  #commit(delta: MetadataDelta): MetadataDelta {
    this.#image = delta.apply(emptyProvenance);
    return delta;
  }
}
