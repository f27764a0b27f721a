import { MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { emptyImage, type MetadataImage } from "../../src/metadata/image/metadata-image.ts";
import { brokerId } from "../unit/replication/replicas.ts";

export interface SimulatedTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
}

interface PartitionState {
  leaderEpoch: number;
  isLed: boolean;
}

const internalTopics = ["__transaction_state", "__consumer_offsets"].map((name, index) => ({
  name,
  id: `INTERNALtopicAAAAAAAA${"Qg"[index]}`,
  partitions: 1,
}));

/** What the controller knows: topics, and whether the broker leads their partitions. It outlives the broker. */
export class SimulatedCluster {
  readonly #ids = new Map<string, string>();
  readonly #partitions = new Map<string, PartitionState[]>();
  #image: MetadataImage = emptyImage;

  constructor(topics: readonly SimulatedTopic[]) {
    for (const { name, id, partitions } of [...internalTopics, ...topics]) {
      this.#ids.set(name, id);
      this.#partitions.set(
        name,
        Array.from({ length: partitions }, () => ({ leaderEpoch: -1, isLed: false })),
      );
    }
  }

  get image(): MetadataImage {
    return this.#image;
  }

  partitionCount(topic: string): number {
    return this.#partitions.get(topic)?.length ?? 0;
  }

  /** A broker has started, and leads everything; the change is from nothing. */
  elect(): MetadataDelta {
    this.#image = emptyImage;
    const delta = new MetadataDelta(emptyImage);
    for (const [name, partitions] of this.#partitions) {
      delta.replay({ type: "topic", version: 0, data: { name, topicId: this.#ids.get(name)! } });
      for (const [index, state] of partitions.entries()) this.#replay(delta, name, index, state, true);
    }
    return this.#commit(delta);
  }

  /** A topic gets one more partition. */
  grow(topic: string): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    const partitions = this.#partitions.get(topic)!;
    const state = { leaderEpoch: -1, isLed: false };
    partitions.push(state);
    this.#replay(delta, topic, partitions.length - 1, state, true);
    return this.#commit(delta);
  }

  /** The partition is without a leader, or has the broker as its leader again. */
  lead(topic: string, index: number, isLed: boolean): MetadataDelta {
    const delta = new MetadataDelta(this.#image);
    this.#replay(delta, topic, index, this.#partitions.get(topic)![index]!, isLed);
    return this.#commit(delta);
  }

  /** Those without a leader. */
  outages(): { readonly topic: string; readonly index: number }[] {
    return [...this.#partitions].flatMap(([topic, states]) =>
      states.flatMap(({ isLed }, index) => (isLed ? [] : [{ topic, index }])),
    );
  }

  #replay(delta: MetadataDelta, topic: string, partitionId: number, state: PartitionState, isLed: boolean): void {
    state.leaderEpoch++;
    state.isLed = isLed;
    delta.replay({
      type: "partition",
      version: 0,
      data: {
        partitionId,
        topicId: this.#ids.get(topic)!,
        replicas: [brokerId],
        isr: [brokerId],
        removingReplicas: [],
        addingReplicas: [],
        leader: isLed ? brokerId : -1,
        leaderRecoveryState: 0,
        leaderEpoch: state.leaderEpoch,
        partitionEpoch: state.leaderEpoch,
        directories: [],
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    });
  }

  #commit(delta: MetadataDelta): MetadataDelta {
    this.#image = delta.apply(emptyImage.provenance);
    return delta;
  }
}
