import { type Uuid } from "../../base/brand.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";

export interface PartitionInfo {
  readonly index: number;
  /** -1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** The brokers that have it, be they there or not. */
  readonly replicas: readonly number[];
}

export interface TopicInfo {
  readonly name: string;
  readonly id: Uuid;
  readonly isInternal: boolean;
  /** By index. */
  readonly partitions: readonly PartitionInfo[];
}

type TopicAnswer = ApiResponse<"metadata">["topics"][number];

/** What the brokers of a cluster told of its topics. */
export class KnownTopics {
  /** Topics seen so far; an entry is dropped when an answer shows that it is stale. */
  readonly #topics = new Map<string, TopicInfo>();
  readonly #ids = new Map<string, Uuid>();

  /** Takes over what an answer tells. Returns the topics that are there, and by name the errors of those of no use. */
  take(answers: readonly TopicAnswer[]): { readonly found: TopicInfo[]; readonly unavailable: Map<string, number> } {
    const found: TopicInfo[] = [];
    const unavailable = new Map<string, number>();
    for (const topic of answers) {
      const name = topic.name ?? "";
      const isLeaderless = topic.partitions.some((partition) => partition.leaderId < 0);
      const code = topic.errorCode === Errors.NONE && isLeaderless ? Errors.LEADER_NOT_AVAILABLE : topic.errorCode;
      if (code !== Errors.NONE) unavailable.set(name, code);
      if (topic.errorCode !== Errors.NONE) {
        this.forget(name);
        continue;
      }
      const info = infoOf(name, topic);
      this.#topics.set(name, info);
      this.#ids.set(name, topic.topicId);
      found.push(info);
    }
    return { found, unavailable };
  }

  get(name: string): TopicInfo | undefined {
    return this.#topics.get(name);
  }

  /** The id that the topic had last, also while nobody knows who leads it; the zero uuid before it was ever seen. */
  idOf(name: string): Uuid {
    return this.#ids.get(name) ?? zeroUuid;
  }

  nameOf(id: Uuid): string | undefined {
    return [...this.#ids].find(([, known]) => known === id)?.[0];
  }

  /** Forgets where the partitions of a topic are led, so that the next use asks again. */
  forget(name: string): void {
    this.#topics.delete(name);
  }
}

function infoOf(name: string, { topicId, isInternal, partitions }: TopicAnswer): TopicInfo {
  const infos = partitions.map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes }) => ({
    index: partitionIndex,
    leaderId,
    leaderEpoch,
    replicas: replicaNodes,
  }));
  return { name, id: topicId, isInternal, partitions: infos.sort((a, b) => a.index - b.index) };
}
