import { type GroupMetadata } from "../../../src/coordinator/group/consumer/group-metadata.ts";
import { MetadataDelta } from "../../../src/metadata/delta/metadata-delta.ts";
import { emptyImage, type MetadataImage } from "../../../src/metadata/image/metadata-image.ts";
import { type GroupWorld } from "./group-world.ts";

/** The cluster's topics as a test sets them. */
export class TopicMetadata {
  readonly #world: GroupWorld;
  #image: MetadataImage = emptyImage;
  #version = 0;

  constructor(world: GroupWorld) {
    this.#world = world;
  }

  get groupMetadata(): GroupMetadata {
    return this.#world.metadata;
  }

  /** Creates a topic, or adds partitions to it. */
  async set(name: string, topicId: string, partitions: number): Promise<void> {
    const delta = new MetadataDelta(this.#image);
    const existing = this.#image.topics.byName.get(name);
    if (existing === undefined) delta.replay({ type: "topic", version: 0, data: { name, topicId } });
    for (let partitionId = existing?.partitions.length ?? 0; partitionId < partitions; partitionId++) {
      delta.replay({
        type: "partition",
        version: 0,
        data: {
          partitionId,
          topicId,
          replicas: [1],
          isr: [1],
          removingReplicas: [],
          addingReplicas: [],
          leader: 1,
          leaderRecoveryState: 0,
          leaderEpoch: 0,
          partitionEpoch: 0,
          directories: [],
          eligibleLeaderReplicas: null,
          lastKnownElr: null,
        },
      });
    }
    await this.#publish(delta);
  }

  async remove(topicId: string): Promise<void> {
    const delta = new MetadataDelta(this.#image);
    delta.replay({ type: "removeTopic", version: 0, data: { topicId } });
    await this.#publish(delta);
  }

  async #publish(delta: MetadataDelta): Promise<void> {
    this.#image = delta.apply({ ...emptyImage.provenance, lastContainedOffset: ++this.#version });
    await this.#world.groups.onMetadataChanged(delta, this.#image);
  }
}
