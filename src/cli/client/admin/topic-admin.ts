import { type Uuid } from "../../../base/brand.ts";
import { zeroUuid } from "../../../base/uuid.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { KafkaError, throwIfError } from "../kafka-error.ts";
import { type AdminCalls } from "./admin-calls.ts";

export interface PartitionDescription {
  readonly index: number;
  readonly leader: number | undefined;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Undefined when the broker does not tell. */
  readonly elr: readonly number[] | undefined;
  readonly lastKnownElr: readonly number[] | undefined;
}

export interface TopicDescription {
  readonly name: string;
  readonly id: Uuid;
  /** By index. */
  readonly partitions: readonly PartitionDescription[];
}

export interface Reassignment {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

export interface NewTopic {
  readonly name: string;
  /** -1 takes the cluster's default. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Replicas of each partition, in place of the two numbers above. */
  readonly assignment: readonly (readonly number[])[];
  readonly configs: ReadonlyMap<string, string>;
}

export interface NewPartitions {
  readonly name: string;
  readonly totalCount: number;
  /** Replicas of each new partition; undefined leaves them to the controller. */
  readonly assignment: readonly (readonly number[])[] | undefined;
}

/** What an administrator can ask and do about topics, their partitions and the records in them. */
export class TopicAdmin {
  readonly #calls: AdminCalls;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
  }

  list(): Promise<{ name: string; id: Uuid; isInternal: boolean }[]> {
    return this.#calls.retry("listTopics", () => this.#calls.cluster.refreshTopics(null, false));
  }

  /**
   * @param partitionsMax of one answer
   * @throws KafkaError for the first topic that cannot be described
   */
  async describe(names: readonly string[], partitionsMax: number): Promise<TopicDescription[]> {
    const topics = [...names].sort();
    const descriptions = new Map<string, { id: Uuid; partitions: PartitionDescription[] }>();
    let cursor: ApiResponse<"describeTopicPartitions">["nextCursor"] = null;
    do {
      const from: string = cursor?.topicName ?? "";
      const request = {
        topics: topics.filter((name) => name >= from).map((name) => ({ name })),
        responsePartitionLimit: partitionsMax,
        cursor,
      };
      const answer: ApiResponse<"describeTopicPartitions"> = await this.#calls.ask(
        "describeTopics",
        "describeTopicPartitions",
        request,
      );
      for (const { errorCode, name, topicId, partitions } of answer.topics) {
        throwIfError(errorCode);
        const known = descriptions.get(name ?? "")?.partitions ?? [];
        descriptions.set(name ?? "", { id: topicId, partitions: known });
        for (const each of partitions) {
          const { eligibleLeaderReplicas, lastKnownElr } = each;
          known.push(described(each, eligibleLeaderReplicas ?? undefined, lastKnownElr ?? undefined));
        }
      }
      cursor = answer.nextCursor;
    } while (cursor !== null);
    return [...descriptions].map(([name, { id, partitions }]) => ({ name, id, partitions: byIndex(partitions) }));
  }

  async describeById(id: Uuid): Promise<TopicDescription> {
    const answer = await this.#calls.ask("describeTopicsWithIds", "metadata", {
      topics: [{ topicId: id, name: null }],
      allowAutoTopicCreation: false,
    });
    const topic = answer.topics[0];
    if (topic === undefined) throw new KafkaError(Errors.UNKNOWN_TOPIC_ID, `TopicId ${id} not found.`);
    throwIfError(topic.errorCode);
    return { name: topic.name ?? "", id, partitions: byIndex(topic.partitions.map((each) => described(each))) };
  }

  /** Empty when the broker does not tell. */
  async reassignments(topics: readonly TopicDescription[]): Promise<Reassignment[]> {
    try {
      const answer = await this.#calls.ask("listPartitionReassignments", "listPartitionReassignments", {
        timeoutMs: this.#calls.timeoutMs,
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitionIndexes: partitions.map(({ index }) => index),
        })),
      });
      throwIfError(answer.errorCode, answer.errorMessage);
      return answer.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
          topic: name,
          partition: partitionIndex,
          replicas,
          adding: addingReplicas,
          removing: removingReplicas,
        })),
      );
    } catch (error) {
      const isRefused =
        error instanceof KafkaError &&
        (error.code === Errors.UNSUPPORTED_VERSION || error.code === Errors.CLUSTER_AUTHORIZATION_FAILED);
      if (isRefused) return [];
      throw error;
    }
  }

  async create(topic: NewTopic): Promise<void> {
    const answer = await this.#calls.ask("createTopics", "createTopics", {
      timeoutMs: this.#calls.timeoutMs,
      topics: [
        {
          name: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          assignments: topic.assignment.map((brokerIds, partitionIndex) => ({
            partitionIndex,
            brokerIds: [...brokerIds],
          })),
          configs: [...topic.configs].map(([name, value]) => ({ name, value })),
        },
      ],
    });
    for (const { errorCode, errorMessage } of answer.topics) throwIfError(errorCode, errorMessage);
  }

  async addPartitions(topics: readonly NewPartitions[]): Promise<void> {
    const { results } = await this.#calls.ask("createPartitions", "createPartitions", {
      timeoutMs: this.#calls.timeoutMs,
      topics: topics.map(({ name, totalCount, assignment }) => ({
        name,
        count: totalCount,
        assignments: assignment?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
      })),
    });
    for (const { errorCode, errorMessage } of results) throwIfError(errorCode, errorMessage);
  }

  async delete(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { responses } = await this.#calls.ask("deleteTopics", "deleteTopics", {
      timeoutMs: this.#calls.timeoutMs,
      topics: names.map((name) => ({ name, topicId: zeroUuid })),
    });
    for (const { errorCode, errorMessage } of responses) throwIfError(errorCode, errorMessage);
  }

  /**
   * Deletes the records of a partition before an offset; -1 stands for the high watermark.
   * @returns where the log starts then
   */
  async deleteRecords(topic: string, partition: number, offset: number): Promise<number> {
    const leader = await this.#leaderOf(topic, partition, "deleteRecords(api=METADATA)");
    return this.#calls.retry("deleteRecords(api=DELETE_RECORDS)", async () => {
      const connection = await this.#calls.cluster.reach(leader);
      const answer = await connection.send("deleteRecords", {
        timeoutMs: this.#calls.timeoutMs,
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
      });
      const result = answer.topics[0]?.partitions[0];
      throwIfError(result?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR);
      return result?.lowWatermark ?? -1;
    });
  }

  /** Waits for a partition that is not there (yet). @throws TimeoutError when it does not come */
  #leaderOf(topic: string, partition: number, call: string): Promise<number> {
    const isMissing = ({ code }: KafkaError) => code === Errors.UNKNOWN_TOPIC_OR_PARTITION;
    return this.#calls.retryUntilThere(
      call,
      () => call,
      isMissing,
      async () => {
        const [found] = await this.#calls.cluster.refreshTopics([topic], false);
        const leader = found?.partitions.find(({ index }) => index === partition)?.leaderId ?? -1;
        if (leader < 0) throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        return leader;
      },
    );
  }
}

function described(
  partition: { partitionIndex: number; leaderId: number; replicaNodes: number[]; isrNodes: number[] },
  elr?: readonly number[],
  lastKnownElr?: readonly number[],
): PartitionDescription {
  const { partitionIndex, leaderId, replicaNodes, isrNodes } = partition;
  const leader = leaderId < 0 ? undefined : leaderId;
  return { index: partitionIndex, leader, replicas: replicaNodes, isr: isrNodes, elr, lastKnownElr };
}

function byIndex(partitions: PartitionDescription[]): PartitionDescription[] {
  return partitions.sort((a, b) => a.index - b.index);
}
