import { NetError } from "../../../io/ports.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Cluster, isTransient, type TopicInfo } from "../cluster.ts";
import { KafkaError } from "../kafka-error.ts";

/** One topic, or all those whose names are taken. */
export type WantedTopics = string | ((name: string) => boolean);

const reconnectBackoffMs = 50;
const reconnectBackoffMsMax = 1_000;

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
    return (await untilGone(this.#cluster, isGone, () => this.find())) ?? [];
  }
}

/** Tries again for as long as it may help; undefined when `isGone` became true meanwhile. */
export async function untilGone<T>(
  cluster: Cluster,
  isGone: () => boolean,
  attempt: () => Promise<T>,
): Promise<T | undefined> {
  for (let failures = 0; !isGone(); failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      const isDown = error instanceof NetError;
      const backoffMs = Math.min(reconnectBackoffMs * 2 ** failures, reconnectBackoffMsMax);
      await cluster.sleep(isDown ? backoffMs : cluster.options.retryBackoffMs);
    }
  }
  return undefined;
}

/** Changes when a topic comes, goes, or gets partitions. */
export function fingerprint(topics: readonly TopicInfo[]): string {
  return topics
    .map(({ name, partitions }) => `${name}:${partitions.length}`)
    .sort()
    .join(",");
}
