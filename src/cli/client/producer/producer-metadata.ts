import { type Backoff } from "../../../io/backoff.ts";
import { type Cluster, isTransient } from "../cluster.ts";
import { ClientError } from "../kafka-error.ts";
import { type TopicInfo } from "../known-topics.ts";

/** How often a topic was asked for. */
interface Asked {
  /** Answers in a row that told nothing new. */
  fruitless: number;
  /** Not again before. */
  nextMs: number;
}

/**
 * What a producer knows of topics. It asks again for what may be out of date, though not before the backoff is over:
 * each of many batches for a partition that has no leader would be a reason otherwise.
 */
export class ProducerMetadata {
  readonly #cluster: Cluster;
  readonly #backoff: Backoff;
  readonly #asked = new Map<string, Asked>();
  /** Topics that a failure shows to be out of date, perhaps. */
  readonly #suspects = new Set<string>();

  constructor(cluster: Cluster, backoff: Backoff) {
    this.#cluster = cluster;
    this.#backoff = backoff;
  }

  topic(name: string): TopicInfo | undefined {
    return this.#cluster.topic(name);
  }

  /** Asks for a topic, which may be created by that, until it is there or the time is up. */
  findTopic(name: string, timeoutMs: number): Promise<TopicInfo> {
    const complaint = `Topic ${name} not present in metadata after ${timeoutMs} ms.`;
    return this.#cluster.retry(complaint, timeoutMs, async () => {
      await this.#refresh(name, true);
      const topic = this.topic(name);
      if (topic !== undefined) return topic;
      // Not KafkaError: when the time is up, the complaint is that the topic is missing.
      throw new ClientError("", complaint, true);
    });
  }

  /** A batch could not be delivered: the partition may be led elsewhere by now. */
  suspect(topic: string): void {
    this.#suspects.add(topic);
  }

  /** The broker that leads a partition, as far as is known; undefined while none does. */
  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const known = this.#knownLeader(topic, partition);
    if (known !== undefined && !this.#suspects.has(topic)) return known;
    if (this.#cluster.ports.clock.monotonicMs() < this.askAgainAtMs(topic)) return known;
    try {
      await this.#refresh(topic, false);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    return this.#knownLeader(topic, partition);
  }

  /** The topic is not asked for again before. */
  askAgainAtMs(topic: string): number {
    return this.#asked.get(topic)?.nextMs ?? 0;
  }

  async #refresh(name: string, mayCreate: boolean): Promise<void> {
    const asked = this.#asked.get(name) ?? { fruitless: 0, nextMs: 0 };
    this.#asked.set(name, asked);
    const before = leadersIn(this.topic(name));
    asked.fruitless++;
    try {
      await this.#cluster.refreshTopics([name], mayCreate);
      this.#suspects.delete(name);
      if (leadersIn(this.topic(name)) !== before) asked.fruitless = 0;
    } finally {
      const now = this.#cluster.ports.clock.monotonicMs();
      asked.nextMs = now + this.#backoff.afterMs(Math.max(asked.fruitless, 1));
    }
  }

  #knownLeader(topic: string, partition: number): number | undefined {
    const leaderId = this.topic(topic)?.partitions[partition]?.leaderId ?? -1;
    return leaderId < 0 ? undefined : leaderId;
  }
}

/** Two answers that read the same told the same. */
function leadersIn(topic: TopicInfo | undefined): string {
  return (topic?.partitions ?? []).map(({ leaderId, leaderEpoch }) => `${leaderId}/${leaderEpoch}`).join(" ");
}
