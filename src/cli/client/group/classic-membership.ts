import { type ApiName, type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { codecOf } from "../../../protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../../protocol/consumer-protocol.ts";
import { Errors } from "../../../protocol/errors.ts";
import { Reader } from "../../../protocol/reader.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { Writer } from "../../../protocol/writer.ts";
import { type Cluster } from "../cluster.ts";
import { type Connection } from "../connection.ts";
import { ClientError, DisconnectError, KafkaError, throwIfError } from "../kafka-error.ts";
import { assignRanges, type Assignment } from "./assignors/range-assignor.ts";

export interface GroupSettings {
  readonly groupId: string;
  /** Of a static member. */
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const protocolType = "consumer";
const protocolName = "range";
/** The newest layout of subscription and assignment whose fields we use. */
const subscriptionVersion = 1;
/** What the coordinator adds to a join, on top of the time that the others have to come back. */
const joinSlackMs = 5_000;

/** Answers that end the membership: the next join starts as a new member. */
const membershipLost = new Set<number>([
  Errors.UNKNOWN_MEMBER_ID,
  Errors.ILLEGAL_GENERATION,
  Errors.FENCED_INSTANCE_ID,
]);
/** Answers after which the coordinator is looked for again. */
const coordinatorLost = new Set<number>([Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE]);

/** A member of a classic consumer group, on a connection of its own to the coordinator. */
export class GroupMember {
  /** Called when the group wants its members to join again. */
  onRebalance: () => void = () => {};
  readonly #cluster: Cluster;
  readonly #settings: GroupSettings;
  #coordinator: Connection | undefined;
  #memberId = "";
  #generation = -1;
  #heartbeat: { cancel(): void } | undefined;
  #isLeader = false;

  constructor(cluster: Cluster, settings: GroupSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
  }

  /** Whether this member computed the assignment, and so has to watch the topics for new partitions. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Joins with a subscription, as often as it takes; resolves with the partitions that are ours until the next join. */
  async join(topics: readonly string[], isGone: () => boolean): Promise<Assignment> {
    this.#stopHeartbeat();
    for (;;) {
      if (isGone()) return new Map();
      try {
        const assignment = await this.#joinOnce(topics);
        this.#startHeartbeat();
        return assignment;
      } catch (error) {
        if (!this.#mayRejoin(error)) throw error;
        await this.#cluster.sleep(this.#cluster.options.retryBackoffMs);
      }
    }
  }

  /** The offsets where the group goes on; partitions without one are left out. */
  async committed(assignment: Assignment): Promise<PartitionOffset[]> {
    const { groupId } = this.#settings;
    const answer = await this.#retry(() =>
      this.#send("offsetFetch", {
        groups: [
          {
            groupId,
            topics: [...assignment].map(([name, partitions]) => ({
              name,
              topicId: this.#cluster.topicIdOf(name),
              partitionIndexes: [...partitions],
            })),
          },
        ],
        requireStable: true,
      }).then((response) => {
        for (const group of response.groups) {
          throwIfError(group.errorCode);
          for (const topic of group.topics) for (const { errorCode } of topic.partitions) throwIfError(errorCode);
        }
        return response;
      }),
    );
    return answer.groups.flatMap(({ topics }) =>
      topics.flatMap(({ name, topicId, partitions }) =>
        partitions
          .filter(({ committedOffset }) => committedOffset >= 0)
          .map(({ partitionIndex, committedOffset }) => ({
            topic: name === "" ? (this.#cluster.topicNameOf(topicId) ?? "") : name,
            partition: partitionIndex,
            offset: committedOffset,
          })),
      ),
    );
  }

  /** Commits where the group goes on. @throws KafkaError when the coordinator refused */
  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    const names = [...new Set(offsets.map(({ topic }) => topic))];
    const answer = await this.#send("offsetCommit", {
      groupId: this.#settings.groupId,
      generationIdOrMemberEpoch: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: this.#settings.instanceId,
      topics: names.map((name) => ({
        name,
        topicId: this.#cluster.topicIdOf(name),
        partitions: offsets
          .filter(({ topic }) => topic === name)
          .map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: "",
          })),
      })),
    });
    for (const { partitions } of answer.topics) for (const { errorCode } of partitions) throwIfError(errorCode);
  }

  /** Leaves the group, so that the others need not wait for the session to end. Static members stay. */
  async leave(): Promise<void> {
    this.#stopHeartbeat();
    if (this.#memberId !== "" && this.#settings.instanceId === null && this.#coordinator?.isClosed === false) {
      const members = [{ memberId: this.#memberId, reason: "the consumer is being closed" }];
      // Whatever the answer, we are gone.
      await this.#send("leaveGroup", { groupId: this.#settings.groupId, members }).catch(() => {});
    }
    this.#coordinator?.close();
  }

  async #joinOnce(topics: readonly string[]): Promise<Assignment> {
    const { groupId, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#settings;
    const subscription = new Writer();
    subscription.int16(subscriptionVersion);
    codecOf(consumerProtocolSubscription, subscriptionVersion).encode(subscription, { topics: [...topics].sort() });
    const joined = await this.#send(
      "joinGroup",
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocols: [{ name: protocolName, metadata: subscription.toBuffer() }],
      },
      rebalanceTimeoutMs + joinSlackMs,
    );
    if (joined.errorCode === Errors.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      return this.#joinOnce(topics);
    }
    throwIfError(joined.errorCode);
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    this.#isLeader = joined.leader === joined.memberId;
    const synced = await this.#send(
      "syncGroup",
      {
        groupId,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocolName,
        assignments: this.#isLeader && !joined.skipAssignment ? await this.#assign(joined.members) : [],
      },
      rebalanceTimeoutMs + joinSlackMs,
    );
    throwIfError(synced.errorCode);
    return decodeAssignment(synced.assignment);
  }

  async #assign(members: ApiResponse<"joinGroup">["members"]) {
    const subscriptions = new Map(
      members.map(({ memberId, metadata }) => {
        const reader = new Reader(metadata);
        const version = Math.min(reader.int16(), consumerProtocolSubscription.versions.to);
        return [memberId, codecOf(consumerProtocolSubscription, version).decode(reader).topics];
      }),
    );
    const names = [...new Set([...subscriptions.values()].flat())].sort();
    const topics = names.length === 0 ? [] : await this.#cluster.refreshTopics(names, false);
    const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    return [...assignRanges(subscriptions, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }));
  }

  #mayRejoin(error: unknown): boolean {
    if (!(error instanceof ClientError)) return error instanceof Error && error.name === "NetError";
    if (!(error instanceof KafkaError)) return error.isRetriable;
    if (error.code === Errors.FENCED_INSTANCE_ID) return false;
    this.#forget(error.code);
    return error.isRetriable || membershipLost.has(error.code) || error.code === Errors.REBALANCE_IN_PROGRESS;
  }

  /** Drops what an answer shows to be stale. */
  #forget(code: number): void {
    if (coordinatorLost.has(code)) {
      this.#coordinator?.close();
      this.#coordinator = undefined;
    }
    if (!membershipLost.has(code)) return;
    this.#memberId = "";
    this.#generation = -1;
  }

  #startHeartbeat(): void {
    this.#heartbeat = this.#cluster.ports.timers.after(this.#settings.heartbeatIntervalMs, () => void this.#beat());
  }

  #stopHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }

  async #beat(): Promise<void> {
    try {
      const { groupId, instanceId } = this.#settings;
      const { errorCode } = await this.#send("heartbeat", {
        groupId,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
      });
      throwIfError(errorCode);
    } catch (error) {
      // A join that began in the meantime has ended these heartbeats.
      if (this.#heartbeat === undefined) return;
      if (error instanceof KafkaError && !error.isRetriable) {
        this.#stopHeartbeat();
        this.#forget(error.code);
        this.onRebalance();
        return;
      }
      if (error instanceof KafkaError) this.#forget(error.code);
    }
    if (this.#heartbeat !== undefined) this.#startHeartbeat();
  }

  async #retry<T>(attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.retry("The coordinator did not answer", this.#settings.sessionTimeoutMs, async () => {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof KafkaError) this.#forget(error.code);
        throw error;
      }
    });
  }

  async #send<N extends ApiName>(name: N, request: Draft<ApiRequest<N>>, timeoutMs?: number): Promise<ApiResponse<N>> {
    if (this.#coordinator === undefined || this.#coordinator.isClosed)
      this.#coordinator = await this.#findCoordinator();
    return this.#coordinator.send(name, request, timeoutMs);
  }

  async #findCoordinator(): Promise<Connection> {
    const { coordinators } = await this.#cluster.sendToAny("findCoordinator", {
      keyType: 0,
      coordinatorKeys: [this.#settings.groupId],
    });
    const found = coordinators[0];
    if (found === undefined) throw new DisconnectError();
    throwIfError(found.errorCode, found.errorMessage);
    return this.#cluster.openOwnConnection({ host: found.host, port: found.port });
  }
}

function encodeAssignment(partitions: ReadonlyMap<string, number[]>): Buffer {
  const writer = new Writer();
  writer.int16(0);
  codecOf(consumerProtocolAssignment, 0).encode(writer, {
    assignedPartitions: [...partitions].map(([topic, indexes]) => ({ topic, partitions: indexes })),
  });
  return writer.toBuffer();
}

function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return new Map();
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), consumerProtocolAssignment.versions.to);
  const { assignedPartitions } = codecOf(consumerProtocolAssignment, version).decode(reader);
  return new Map(assignedPartitions.map(({ topic, partitions }) => [topic, partitions]));
}
