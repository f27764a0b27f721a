import { Errors } from "../../../protocol/errors.ts";
import { type Cluster } from "../cluster.ts";
import { KafkaError } from "../kafka-error.ts";
import { type TopicInfo } from "../known-topics.ts";

/** One topic, or all those whose names are taken. */
export type WantedTopics = string | ((name: string) => boolean);

/** What a member of a group subscribes to, looked up among the topics that are there. */
export class TopicSubscription {
  readonly #cluster: Cluster;
  readonly #wanted: WantedTopics;

  constructor(cluster: Cluster, wanted: WantedTopics) {
    this.#cluster = cluster;
    this.#wanted = wanted;
  }

  /** The topic that was named; undefined when those that are there have to be looked at. */
  get name(): string | undefined {
    return typeof this.#wanted === "string" ? this.#wanted : undefined;
  }

  /** The topics at this moment; a pattern may match none for now. @throws KafkaError when a named one is not there */
  async find(): Promise<TopicInfo[]> {
    const wanted = this.#wanted;
    if (typeof wanted === "function") {
      const all = await this.#cluster.refreshTopics(null, false);
      return all.filter(({ name, isInternal }) => !isInternal && wanted(name));
    }
    const topics = await this.#cluster.refreshTopics([wanted], true);
    if (topics.length === 0) throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    return topics;
  }

  /** Waits until a topic that was named is there; none when `isGone` became true meanwhile. */
  async await(isGone: () => boolean): Promise<TopicInfo[]> {
    return (await this.#cluster.retryUntilGone(isGone, () => this.find())) ?? [];
  }
}

/** Changes when a topic comes, goes, or gets partitions. */
export function fingerprint(topics: readonly TopicInfo[]): string {
  return topics
    .map(({ name, partitions }) => `${name}:${partitions.length}`)
    .sort()
    .join(",");
}
