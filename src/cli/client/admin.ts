import { zeroUuid } from "../../base/uuid.ts";
import { type Uuid } from "../../base/brand.ts";
import { type ApiName, type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Cluster } from "./cluster.ts";
import { type Connection } from "./connection.ts";
import { KafkaError, throwIfError, TimeoutError } from "./kafka-error.ts";

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

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly isDefault: boolean;
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

/** What configurations belong to. */
export interface ConfigResource {
  /** Kafka's code of its type. */
  readonly code: number;
  readonly name: string;
  /** The broker that answers for it; undefined when any does. */
  readonly brokerId: number | undefined;
}

const topicResource = 2;
const defaultConfigSource = 5;
const brokerEndpoints = 1;
const controllerEndpoints = 2;
const setOperation = 0;
const deleteOperation = 1;

/** The administrative operations that the scripts need. Each retries what may pass, within the time of an API call. */
export class Admin {
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  readonly #endpointType: number;

  /** @param ofControllers whether the cluster's addresses are those of controllers */
  constructor(cluster: Cluster, timeoutMs: number, ofControllers = false) {
    this.#cluster = cluster;
    this.#timeoutMs = timeoutMs;
    this.#endpointType = ofControllers ? controllerEndpoints : brokerEndpoints;
  }

  async listTopics(): Promise<{ name: string; id: Uuid; isInternal: boolean }[]> {
    return this.#retry("listTopics", () => this.#cluster.refreshTopics(null, false));
  }

  /** @throws KafkaError for the first topic that cannot be described */
  async describeTopics(names: readonly string[], partitionsMax: number): Promise<TopicDescription[]> {
    const topics = [...names].sort();
    const descriptions = new Map<string, { id: Uuid; partitions: PartitionDescription[] }>();
    let cursor: ApiResponse<"describeTopicPartitions">["nextCursor"] = null;
    do {
      const from: string = cursor?.topicName ?? "";
      const answer: ApiResponse<"describeTopicPartitions"> = await this.#send(
        "describeTopics",
        "describeTopicPartitions",
        {
          topics: topics.filter((name) => name >= from).map((name) => ({ name })),
          responsePartitionLimit: partitionsMax,
          cursor,
        },
      );
      for (const topic of answer.topics) {
        throwIfError(topic.errorCode);
        const partitions = descriptions.get(topic.name ?? "")?.partitions ?? [];
        descriptions.set(topic.name ?? "", { id: topic.topicId, partitions });
        partitions.push(
          ...topic.partitions.map((partition) => ({
            index: partition.partitionIndex,
            leader: partition.leaderId < 0 ? undefined : partition.leaderId,
            replicas: partition.replicaNodes,
            isr: partition.isrNodes,
            elr: partition.eligibleLeaderReplicas ?? undefined,
            lastKnownElr: partition.lastKnownElr ?? undefined,
          })),
        );
      }
      cursor = answer.nextCursor;
    } while (cursor !== null);
    return [...descriptions].map(([name, { id, partitions }]) => ({
      name,
      id,
      partitions: partitions.sort((a, b) => a.index - b.index),
    }));
  }

  async describeTopicById(id: Uuid): Promise<TopicDescription> {
    const answer = await this.#send("describeTopicsWithIds", "metadata", {
      topics: [{ topicId: id, name: null }],
      allowAutoTopicCreation: false,
    });
    const topic = answer.topics[0];
    if (topic === undefined) throw new KafkaError(Errors.UNKNOWN_TOPIC_ID, `TopicId ${id} not found.`);
    throwIfError(topic.errorCode);
    const partitions = topic.partitions.map((partition) => ({
      index: partition.partitionIndex,
      leader: partition.leaderId < 0 ? undefined : partition.leaderId,
      replicas: partition.replicaNodes,
      isr: partition.isrNodes,
      elr: undefined,
      lastKnownElr: undefined,
    }));
    return { name: topic.name ?? "", id, partitions: partitions.sort((a, b) => a.index - b.index) };
  }

  /** The configurations of topics by name, in the order in which the broker lists them. */
  async describeTopicConfigs(names: readonly string[]): Promise<Map<string, ConfigEntry[]>> {
    const { results } = await this.#send("describeConfigs", "describeConfigs", {
      resources: names.map((name) => ({ resourceType: topicResource, resourceName: name, configurationKeys: null })),
    });
    return new Map(
      results.map(({ errorCode, errorMessage, resourceName, configs }) => {
        throwIfError(errorCode, errorMessage);
        return [
          resourceName,
          configs.map(({ name, value, configSource }) => ({
            name,
            value,
            isDefault: configSource === defaultConfigSource,
          })),
        ];
      }),
    );
  }

  async liveBrokers(): Promise<Set<number>> {
    const { errorCode, errorMessage, brokers } = await this.#send("listNodes", "describeCluster", {
      endpointType: this.#endpointType,
    });
    throwIfError(errorCode, errorMessage);
    return new Set(brokers.map(({ brokerId }) => brokerId));
  }

  /** Empty when the broker does not tell. */
  async reassignments(topics: readonly TopicDescription[]): Promise<Reassignment[]> {
    try {
      const {
        errorCode,
        errorMessage,
        topics: found,
      } = await this.#send("listPartitionReassignments", "listPartitionReassignments", {
        timeoutMs: this.#timeoutMs,
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitionIndexes: partitions.map(({ index }) => index),
        })),
      });
      throwIfError(errorCode, errorMessage);
      return found.flatMap(({ name, partitions }) =>
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

  async createTopic(topic: NewTopic): Promise<void> {
    const answer = await this.#send("createTopics", "createTopics", {
      timeoutMs: this.#timeoutMs,
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

  async createPartitions(topics: readonly NewPartitions[]): Promise<void> {
    const { results } = await this.#send("createPartitions", "createPartitions", {
      timeoutMs: this.#timeoutMs,
      topics: topics.map(({ name, totalCount, assignment }) => ({
        name,
        count: totalCount,
        assignments: assignment?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
      })),
    });
    for (const { errorCode, errorMessage } of results) throwIfError(errorCode, errorMessage);
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { responses } = await this.#send("deleteTopics", "deleteTopics", {
      timeoutMs: this.#timeoutMs,
      topics: names.map((name) => ({ name, topicId: zeroUuid })),
    });
    for (const { errorCode, errorMessage } of responses) throwIfError(errorCode, errorMessage);
  }

  /** The configurations of a resource, in the order in which the broker lists them. */
  async describeConfigs(
    resource: ConfigResource,
  ): Promise<ApiResponse<"describeConfigs">["results"][number]["configs"]> {
    const { results } = await this.#sendFor(resource, "describeConfigs", "describeConfigs", {
      resources: [{ resourceType: resource.code, resourceName: resource.name, configurationKeys: null }],
      includeSynonyms: true,
    });
    throwIfError(results[0]?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR, results[0]?.errorMessage);
    return results[0]?.configs ?? [];
  }

  async alterConfigs(
    resource: ConfigResource,
    set: ReadonlyMap<string, string>,
    deleted: readonly string[],
  ): Promise<void> {
    const { responses } = await this.#sendFor(resource, "incrementalAlterConfigs", "incrementalAlterConfigs", {
      resources: [
        {
          resourceType: resource.code,
          resourceName: resource.name,
          configs: [
            ...deleted.map((name) => ({ name, value: "", configOperation: deleteOperation })),
            ...[...set].map(([name, value]) => ({ name, value, configOperation: setOperation })),
          ],
        },
      ],
    });
    throwIfError(responses[0]?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR, responses[0]?.errorMessage);
  }

  /** The names of the resources of a type that have configurations. */
  async listConfigResources(type: number): Promise<string[]> {
    const answer = await this.#send("listConfigResources", "listConfigResources", { resourceTypes: [type] });
    throwIfError(answer.errorCode);
    return answer.configResources.map(({ resourceName }) => resourceName);
  }

  /** The groups of every broker. */
  async listGroups(): Promise<string[]> {
    const found: string[] = [];
    for (const id of await this.liveBrokers()) {
      const { errorCode, groups } = await this.#retry("listGroups", async () => {
        return (await this.#brokerConnection(id)).send("listGroups", {});
      });
      throwIfError(errorCode);
      found.push(...groups.map(({ groupId }) => groupId));
    }
    return found;
  }

  #sendFor<N extends ApiName>(
    { brokerId }: ConfigResource,
    call: string,
    api: N,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> {
    if (brokerId === undefined || this.#endpointType === controllerEndpoints) return this.#send(call, api, request);
    return this.#retry(call, async () => (await this.#brokerConnection(brokerId)).send(api, request));
  }

  /** The log directories of one broker. */
  async describeLogDirs(brokerId: number): Promise<ApiResponse<"describeLogDirs">["results"]> {
    const { errorCode, results } = await this.#retry("describeLogDirs", async () => {
      return (await this.#brokerConnection(brokerId)).send("describeLogDirs", { topics: null });
    });
    if (results.length === 0) throwIfError(errorCode === Errors.NONE ? Errors.CLUSTER_AUTHORIZATION_FAILED : errorCode);
    return results;
  }

  /**
   * Deletes the records of a partition before an offset; -1 stands for the high watermark.
   * @returns where the log starts then
   */
  async deleteRecords(topic: string, partition: number, offset: number): Promise<number> {
    const leader = await this.#leaderOf(topic, partition, "deleteRecords(api=METADATA)");
    return this.#retry("deleteRecords(api=DELETE_RECORDS)", async () => {
      const connection = await this.#brokerConnection(leader);
      const answer = await connection.send("deleteRecords", {
        timeoutMs: this.#timeoutMs,
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
      });
      const result = answer.topics[0]?.partitions[0];
      throwIfError(result?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR);
      return result?.lowWatermark ?? -1;
    });
  }

  /** Waits for a partition that is not there (yet). @throws TimeoutError when it does not come */
  async #leaderOf(topic: string, partition: number, call: string): Promise<number> {
    const { clock } = this.#cluster.ports;
    const deadlineMs = clock.wallMs() + this.#timeoutMs;
    let tries = 0;
    try {
      return await this.#retry(call, async () => {
        tries++;
        const [found] = await this.#cluster.refreshTopics([topic], false);
        const leader = found?.partitions.find(({ index }) => index === partition)?.leaderId ?? -1;
        if (leader < 0) throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        return leader;
      });
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== Errors.UNKNOWN_TOPIC_OR_PARTITION) throw error;
      const now = clock.wallMs();
      throw new TimeoutError(
        `Call(callName=${call}, deadlineMs=${deadlineMs}, tries=${tries}, nextAllowedTryMs=${now}) timed out at ${now} after ${tries} attempt(s)`,
      );
    }
  }

  async #brokerConnection(brokerId: number): Promise<Connection> {
    if (!this.#cluster.knows(brokerId)) await this.#cluster.refreshTopics([], false);
    return this.#cluster.connectionTo(brokerId);
  }

  #send<N extends ApiName>(call: string, api: N, request: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> {
    return this.#retry(call, () => this.#cluster.sendToAny(api, request));
  }

  #retry<T>(call: string, attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.retry(`Timed out waiting for a node assignment. Call: ${call}`, this.#timeoutMs, attempt);
  }
}
