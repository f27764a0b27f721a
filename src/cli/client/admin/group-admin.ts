import { javaHashOrder } from "../../../base/java-hash.ts";
import { zeroUuid } from "../../../base/uuid.ts";
import { Errors } from "../../../protocol/errors.ts";
import { javaMapOrder, partitionHash } from "../../command/java-hash-order.ts";
import { type TellDone } from "../../command/status-line.ts";
import { type Connection } from "../connection.ts";
import { type AdminCalls } from "./admin-calls.ts";
import { GroupCoordinators } from "./group-coordinators.ts";
import { describedClassicGroup, describedConsumerGroup, type GroupDescription } from "./group-description.ts";
import { type Coordinator } from "../find-coordinator.ts";
import { ClientError, KafkaError, throwIfError } from "../kafka-error.ts";
import { byTopic, partitionName, type TopicPartition } from "../topic-partition.ts";

export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  /** Empty when the broker does not tell. */
  readonly state: string;
  /** One of `groupTypes`, or "Unknown"; empty when the broker does not tell. */
  readonly type: string;
}

/** As Kafka's tools write them. */
export const groupTypes = ["Classic", "Consumer", "Share", "Streams"] as const;

export interface GroupFilter {
  readonly states?: readonly string[];
  readonly types?: readonly string[];
  readonly protocolTypes?: readonly string[];
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number | undefined;
}

export interface NewOffset extends TopicPartition {
  readonly offset: number;
}

/** The administrative operations on groups. Lists come in the order in which Kafka's Java client hands them back. */
export class GroupAdmin {
  readonly #calls: AdminCalls;
  readonly #coordinators: GroupCoordinators;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
    this.#coordinators = new GroupCoordinators(calls);
  }

  /** The groups of every broker. */
  async list({ states = [], types = [], protocolTypes = [] }: GroupFilter = {}): Promise<GroupListing[]> {
    const found = new Map<string, GroupListing>();
    for (const brokerId of await this.#brokers()) {
      const { errorCode, groups } = await this.#calls.retry("listGroups", async () => {
        const connection = await this.#calls.cluster.connectionTo(brokerId);
        const answer = await connection.send("listGroups", { statesFilter: [...states], typesFilter: [...types] });
        if (answer.errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS) throwIfError(answer.errorCode);
        if (answer.errorCode === Errors.COORDINATOR_NOT_AVAILABLE) throwIfError(answer.errorCode);
        return answer;
      });
      throwIfError(errorCode);
      for (const { groupId, protocolType, groupState, groupType } of groups) {
        if (protocolTypes.length > 0 && !protocolTypes.includes(protocolType)) continue;
        found.set(groupId, { groupId, protocolType, state: groupState, type: typeName(groupType) });
      }
    }
    return javaMapOrder([...found.keys()]).flatMap((groupId) => found.get(groupId) ?? []);
  }

  /** Consumer groups, classic or not. By group: what it is, or why that cannot be told. */
  async describe(groupIds: readonly string[], tell?: TellDone): Promise<Map<string, GroupDescription | ClientError>> {
    const notFound = new Map<string, string | null>();
    const ask = async (connection: Connection, coordinator: Coordinator, ids: readonly string[]) => {
      const results = new Map<string, GroupDescription | ClientError>();
      const classic = ids.filter((id) => notFound.has(id));
      const others = ids.filter((id) => !notFound.has(id));
      if (others.length > 0) {
        for (const [id, result] of await describeNew(connection, coordinator, others)) {
          // It may be a classic group; if not, this message is the better one.
          if (result instanceof KafkaError && mayBeClassic(result)) {
            notFound.set(id, result.code === Errors.GROUP_ID_NOT_FOUND ? result.message : null);
            classic.push(id);
          } else results.set(id, result);
        }
      }
      if (classic.length > 0) {
        for (const [id, result] of await describeClassic(connection, coordinator, classic)) {
          const isUnknown = result instanceof KafkaError && result.code === Errors.GROUP_ID_NOT_FOUND;
          results.set(id, isUnknown ? new KafkaError(result.code, notFound.get(id) ?? result.message) : result);
        }
      }
      return results;
    };
    return this.#coordinators.ask("describeConsumerGroups", groupIds, ask, tell);
  }

  /** All offsets that a group has committed. @throws KafkaError */
  async committedOffsets(groupId: string): Promise<CommittedOffset[]> {
    const results = await this.#coordinators.ask("offsetFetch", [groupId], async (connection, _, ids) => {
      const { groups } = await connection.send("offsetFetch", {
        groups: ids.map((id) => ({ groupId: id, topics: null })),
        requireStable: false,
      });
      return new Map(groups.map((group) => [group.groupId, group]));
    });
    const group = orThrow(results.get(groupId));
    throwIfError(group.errorCode);
    const names = new Map<string, string>();
    if (group.topics.some(({ name }) => name === "")) {
      for (const { name, id } of await this.#calls.cluster.refreshTopics(null, false)) names.set(id, name);
    }
    const offsets = group.topics.flatMap(({ name, topicId, partitions }) =>
      partitions
        .filter(({ committedOffset, errorCode }) => committedOffset >= 0 && errorCode === Errors.NONE)
        .map(({ partitionIndex, committedOffset, committedLeaderEpoch }) => ({
          topic: name === "" ? (names.get(topicId) ?? "") : name,
          partition: partitionIndex,
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch < 0 ? undefined : committedLeaderEpoch,
        })),
    );
    return javaHashOrder(offsets, partitionHash);
  }

  /** Sets offsets of a group without members. @throws KafkaError */
  async commitOffsets(groupId: string, offsets: readonly NewOffset[]): Promise<void> {
    const topics = [...byTopic(offsets)];
    const ids = new Map(
      (topics.length === 0
        ? []
        : await this.#calls.retry("metadata", () =>
            this.#calls.cluster.refreshTopics(
              topics.map(([name]) => name),
              false,
            ),
          )
      ).map(({ name, id }) => [name, id]),
    );
    const results = await this.#coordinators.ask("offsetCommit", [groupId], async (connection) => {
      const answer = await connection.send("offsetCommit", {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: "",
        groupInstanceId: null,
        topics: topics.map(([name, partitions]) => ({
          name,
          topicId: ids.get(name) ?? zeroUuid,
          partitions: partitions.map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: "",
          })),
        })),
      });
      const failed = answer.topics.flatMap(({ name, topicId, partitions }) =>
        partitions
          .filter(({ errorCode }) => errorCode !== Errors.NONE)
          .map(({ partitionIndex, errorCode }) => ({
            topic: name === "" ? ([...ids].find(([, id]) => id === topicId)?.[0] ?? "") : name,
            partition: partitionIndex,
            errorCode,
          })),
      );
      const [first] = failed;
      if (first === undefined) return new Map<string, KafkaError | undefined>([[groupId, undefined]]);
      const names = javaHashOrder(failed, partitionHash).map(partitionName).join(", ");
      const message = `Failed altering group offsets for the following partitions: [${names}]`;
      return new Map([[groupId, new KafkaError(first.errorCode, message)]]);
    });
    const result = results.get(groupId);
    if (result !== undefined) throw result;
  }

  /** By group: undefined when it was deleted, or why not. */
  async delete(groupIds: readonly string[], tell?: TellDone): Promise<Map<string, ClientError | undefined>> {
    const ask = async (connection: Connection, _: Coordinator, ids: readonly string[]) => {
      const { results } = await connection.send("deleteGroups", { groupsNames: [...ids] });
      return new Map(results.map(({ groupId, errorCode }) => [groupId, errorOf(errorCode)]));
    };
    return this.#coordinators.ask("deleteConsumerGroups", groupIds, ask, tell);
  }

  /**
   * Deletes offsets of a group.
   * @returns by name of the partition: undefined when its offset is gone, or why not; one error when it is the group's
   */
  async deleteOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<Map<string, ClientError | undefined> | ClientError> {
    const results = await this.#coordinators.ask("offsetDelete", [groupId], async (connection) => {
      const { errorCode, topics } = await connection.send("offsetDelete", {
        groupId,
        topics: [...byTopic(partitions)].map(([name, its]) => ({
          name,
          partitions: its.map(({ partition }) => ({ partitionIndex: partition })),
        })),
      });
      const codes = topics.flatMap(({ name, partitions: its }) =>
        its.map((each): [string, ClientError | undefined] => [
          partitionName({ topic: name, partition: each.partitionIndex }),
          errorOf(each.errorCode),
        ]),
      );
      return new Map<string, Map<string, ClientError | undefined> | ClientError>([
        [groupId, errorOf(errorCode) ?? new Map(codes)],
      ]);
    });
    return results.get(groupId) ?? new Map<string, ClientError | undefined>();
  }

  #brokers(): Promise<number[]> {
    return this.#calls.retry("findAllBrokers", async () => {
      await this.#calls.cluster.refreshTopics([], false);
      return this.#calls.cluster.brokerIds();
    });
  }
}

async function describeNew(
  connection: Connection,
  coordinator: Coordinator,
  ids: readonly string[],
): Promise<Map<string, GroupDescription | KafkaError>> {
  // Brokers that do not know the consumer protocol have classic groups only.
  if (connection.versionOf("consumerGroupDescribe") === undefined) {
    return new Map(ids.map((id) => [id, new KafkaError(Errors.UNSUPPORTED_VERSION)]));
  }
  const { groups } = await connection.send("consumerGroupDescribe", { groupIds: [...ids] });
  return new Map(
    groups.map((group) => [
      group.groupId,
      errorOf(group.errorCode, group.errorMessage) ?? describedConsumerGroup(group, coordinator),
    ]),
  );
}

async function describeClassic(
  connection: Connection,
  coordinator: Coordinator,
  ids: readonly string[],
): Promise<Map<string, GroupDescription | ClientError>> {
  const { groups } = await connection.send("describeGroups", { groups: [...ids] });
  return new Map(
    groups.map((group): [string, GroupDescription | ClientError] => {
      const error = errorOf(group.errorCode, group.errorMessage);
      if (error !== undefined) return [group.groupId, error];
      if (group.protocolType === "consumer" || group.protocolType === "") {
        return [group.groupId, describedClassicGroup(group, coordinator)];
      }
      const message = `GroupId ${group.groupId} is not a consumer group (${group.protocolType}).`;
      return [group.groupId, new ClientError("java.lang.IllegalArgumentException", message)];
    }),
  );
}

function typeName(text: string): string {
  if (text === "") return "";
  return groupTypes.find((type) => type.toLowerCase() === text.toLowerCase()) ?? "Unknown";
}

function mayBeClassic({ code }: KafkaError): boolean {
  return code === Errors.GROUP_ID_NOT_FOUND || code === Errors.UNSUPPORTED_VERSION;
}

function errorOf(code: number, message?: string | null): KafkaError | undefined {
  return code === Errors.NONE ? undefined : new KafkaError(code, message);
}

function orThrow<T>(result: T | ClientError | undefined): T {
  if (result === undefined) throw new KafkaError(Errors.UNKNOWN_SERVER_ERROR);
  if (result instanceof ClientError) throw result;
  return result;
}
