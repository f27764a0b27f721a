import { type Uuid } from "../../../base/brand.ts";
import { configResourceTypes, configsOf } from "../../../metadata/image/configs-image.ts";
import { emptyImage, type MetadataImage } from "../../../metadata/image/metadata-image.ts";
import { type TopicImage } from "../../../metadata/image/topics-image.ts";
import { type MetadataDelta } from "../../../metadata/delta/metadata-delta.ts";
import { type TopicDescriber } from "../assignor/partition-assignor.ts";
import { sameNames } from "./member.ts";
import { groupHash, topicHash } from "./topic-hash.ts";

/** The cluster's metadata as consumer groups look at it; one for all shards of a node. */
export class GroupMetadata implements TopicDescriber {
  #image: MetadataImage = emptyImage;
  #newTopicsVersion = -1;
  readonly #hashes = new Map<string, bigint>();
  /** What `hashOf` was asked last, and has answered, as long as no topic has changed: joins ask for the same all the time. */
  #lastHashed: { readonly names: readonly string[]; readonly hash: bigint } | undefined;

  /** Grows with every change of the metadata. */
  get version(): number {
    return this.#image.provenance.lastContainedOffset;
  }

  /** The version that brought new topics last. */
  get newTopicsVersion(): number {
    return this.#newTopicsVersion;
  }

  /** Returns the names of the topics that have changed. */
  update(delta: MetadataDelta, image: MetadataImage): ReadonlySet<string> {
    this.#image = image;
    this.#lastHashed = undefined;
    const changed = new Set<string>();
    for (const { name } of delta.topics?.changedTopics.values() ?? []) changed.add(name);
    for (const { name } of delta.topics?.deletedTopics.values() ?? []) changed.add(name);
    for (const name of changed) this.#hashes.delete(name);
    if (this.#newTopicsVersion === -1 || (delta.topics?.createdTopics.size ?? 0) > 0) {
      this.#newTopicsVersion = this.version;
    }
    return changed;
  }

  topicNames(): IterableIterator<string> {
    return this.#image.topics.byName.keys();
  }

  topicId(name: string): Uuid | undefined {
    return this.#image.topics.byName.get(name)?.id;
  }

  topicName(id: Uuid): string | undefined {
    return this.#image.topics.byId.get(id)?.name;
  }

  partitionCount(topicId: Uuid): number | undefined {
    return this.#image.topics.byId.get(topicId)?.partitions.length;
  }

  /** What tells whether topics of these names are as they were; those that are not there do not count. */
  hashOf(topicNames: Iterable<string>): bigint {
    const names = [...topicNames];
    if (this.#lastHashed !== undefined && sameNames(this.#lastHashed.names, names)) return this.#lastHashed.hash;
    const hashes = new Map<string, bigint>();
    for (const name of names) {
      const topic = this.#image.topics.byName.get(name);
      if (topic !== undefined) hashes.set(name, this.#hashOf(topic));
    }
    const hash = groupHash(hashes);
    this.#lastHashed = { names, hash };
    return hash;
  }

  /** What was set for one group in place of the broker's configuration. */
  overridesOf(groupId: string): ReadonlyMap<string, string> {
    return configsOf(this.#image.configs, configResourceTypes.group, groupId);
  }

  #hashOf(topic: TopicImage): bigint {
    let hash = this.#hashes.get(topic.name);
    if (hash === undefined) {
      const racks = topic.partitions.map((_, partition) => this.#racks(topic, partition));
      hash = topicHash({ id: topic.id, name: topic.name, racks });
      this.#hashes.set(topic.name, hash);
    }
    return hash;
  }

  #racks({ partitions }: TopicImage, partition: number): string[] {
    const racks: string[] = [];
    for (const replica of partitions[partition]?.replicas ?? []) {
      const rack = this.#image.cluster.brokers.get(replica)?.rack ?? null;
      if (rack !== null) racks.push(rack);
    }
    return racks;
  }
}
